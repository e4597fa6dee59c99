//! Sets the share of a core that Lambda gives to 128 MB, with a control group if control groups can be written.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::Duration;

/// Lambda's share for 128 MB, in percent: 1,769 MB have a whole core.
/// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html>
pub(crate) const PERCENT: u32 = 7;

/// A group in which new groups can be created.
#[derive(Debug, PartialEq)]
pub(crate) struct Groups {
    parent: PathBuf,
    version: Version,
}

/// The period of a group that is only a test.
const TEST_PERIOD: Duration = Duration::from_millis(20);

#[derive(Clone, Copy, Debug, PartialEq)]
enum Version {
    One,
    Two,
}

/// A control group. Removed when dropped, which works only after its processes have ended.
#[derive(Debug)]
pub(crate) struct Quota(PathBuf);

impl Groups {
    /// Finds a group and tests it with a process. The error is the reason for the last failure.
    pub(crate) fn find() -> Result<Self, String> {
        let read = |path: &str| fs::read_to_string(path).map_err(|why| format!("{path}: {why}"));
        let candidates = candidates(&read("/proc/self/mountinfo")?, &read("/proc/self/cgroup")?);
        let mut reasons = Vec::new();
        for groups in candidates {
            match groups.test() {
                Ok(()) => return Ok(groups),
                Err(why) => reasons.push(format!("{}: {why}", groups.parent.display())),
            }
        }
        Err(reasons.pop().unwrap_or_else(|| "no control groups for the CPU are mounted".into()))
    }

    /// Creates an empty group with the quota.
    pub(crate) fn create(&self, period: Duration) -> io::Result<Quota> {
        let quota = Quota(self.parent.join(format!("github-token-broker-bench-{}", std::process::id())));
        fs::create_dir(&quota.0)?;
        let period = period.as_micros();
        let share = period * u128::from(PERCENT) / 100;
        match self.version {
            Version::One => {
                fs::write(quota.0.join("cpu.cfs_period_us"), period.to_string())?;
                fs::write(quota.0.join("cpu.cfs_quota_us"), share.to_string())?;
            }
            Version::Two => fs::write(quota.0.join("cpu.max"), format!("{share} {period}"))?,
        }
        Ok(quota)
    }

    fn test(&self) -> io::Result<()> {
        if self.version == Version::Two {
            let control = self.parent.join("cgroup.subtree_control");
            if !fs::read_to_string(&control)?.split_whitespace().any(|controller| controller == "cpu") {
                fs::write(control, "+cpu")?;
            }
        }
        let quota = self.create(TEST_PERIOD)?;
        let mut process = Command::new("sleep").arg("10").spawn()?;
        let entered = quota.enter(process.id());
        end(&mut process)?;
        entered
    }
}

impl Quota {
    /// Moves a process into the group.
    pub(crate) fn enter(&self, process: u32) -> io::Result<()> {
        fs::write(self.0.join("cgroup.procs"), process.to_string())
    }
}

impl Drop for Quota {
    fn drop(&mut self) {
        // An empty group that is left behind has no effect.
        drop(fs::remove_dir(&self.0));
    }
}

fn end(child: &mut Child) -> io::Result<()> {
    child.kill()?;
    child.wait().map(drop)
}

/// Returns the groups to try, the most likely first. With version 2, a group that contains processes cannot contain
/// groups with controllers, so the groups above our own are also candidates.
fn candidates(mountinfo: &str, own: &str) -> Vec<Groups> {
    let mut found = Vec::new();
    for (mount, kind, options) in mountinfo.lines().filter_map(mount) {
        if kind == "cgroup2" {
            let own = own.lines().find_map(|line| line.strip_prefix("0::")).unwrap_or("/");
            let own = below(mount, own);
            let above = own.ancestors().filter(|path| path.starts_with(mount));
            let mut above: Vec<&Path> = above.collect();
            above.reverse();
            found.extend(above.into_iter().map(|path| Groups { parent: path.into(), version: Version::Two }));
        } else if kind == "cgroup" && options.split(',').any(|option| option == "cpu") {
            let own = own.lines().find_map(own_cpu_group).unwrap_or("/");
            found.push(Groups { parent: mount.into(), version: Version::One });
            found.push(Groups { parent: below(mount, own), version: Version::One });
        }
    }
    // If both versions are mounted, version 1 usually has the CPU controller.
    found.sort_by_key(|groups| groups.version == Version::One);
    found.dedup();
    found.reverse();
    found
}

/// Parses mount point, type and file system options of a line of `/proc/self/mountinfo`.
/// <https://man7.org/linux/man-pages/man5/proc_pid_mountinfo.5.html>
fn mount(line: &str) -> Option<(&str, &str, &str)> {
    let (place, file_system) = line.split_once(" - ")?;
    let mut file_system = file_system.split(' ');
    Some((place.split(' ').nth(4)?, file_system.next()?, file_system.nth(1)?))
}

fn own_cpu_group(line: &str) -> Option<&str> {
    let (controllers, path) = line.split_once(':')?.1.split_once(':')?;
    controllers.split(',').any(|controller| controller == "cpu").then_some(path)
}

fn below(mount: &str, group: &str) -> PathBuf {
    Path::new(mount).join(group.trim_start_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(mountinfo: &str, own: &str) -> Vec<(String, Version)> {
        let found = candidates(mountinfo, own);
        found.into_iter().map(|groups| (groups.parent.display().to_string(), groups.version)).collect()
    }

    #[test]
    fn version_1_starts_with_our_own_cpu_group() {
        let mountinfo = "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct\n\
                         34 31 0:31 / /sys/fs/cgroup/cpuset rw,relatime shared:9 - cgroup cgroup rw,cpuset\n";
        let own = "3:cpuset:/a\n2:cpu,cpuacct:/user/me\n";
        let cpu = "/sys/fs/cgroup/cpu,cpuacct";
        assert_eq!(paths(mountinfo, own), [(format!("{cpu}/user/me"), Version::One), (cpu.into(), Version::One)]);
    }

    #[test]
    fn version_2_goes_upwards_from_our_own_group() {
        let mountinfo = "26 22 0:23 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";
        let own = "0::/user.slice/me.scope\n";
        let expected =
            ["/user.slice/me.scope", "/user.slice", ""].map(|path| (format!("/sys/fs/cgroup{path}"), Version::Two));
        assert_eq!(paths(mountinfo, own), expected);
    }

    #[test]
    fn no_control_groups_no_candidates() {
        assert_eq!(candidates("22 1 0:20 / /proc rw - proc proc rw\n", ""), []);
    }
}

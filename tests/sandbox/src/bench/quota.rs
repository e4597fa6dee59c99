//! A share of a core, as Lambda gives a function of 128 MB: by the kernel's control groups, where they can be written.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::Duration;

/// A core's share: Lambda gives a whole core at 1,769 MB.
/// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html>
pub(super) const PERCENT: u32 = 7;

/// Where groups can be made.
#[derive(Debug, PartialEq)]
pub(super) struct Groups {
    parent: PathBuf,
    version: Version,
}

/// How often the share is given out, where that does not matter.
const USUAL_PERIOD: Duration = Duration::from_millis(20);

#[derive(Clone, Copy, Debug, PartialEq)]
enum Version {
    One,
    Two,
}

/// One group; removed when dropped, which only works once its processes have ended.
#[derive(Debug)]
pub(super) struct Quota(PathBuf);

impl Groups {
    /// Finds a place for groups and tries it with a process. The error says why there is none.
    pub(super) fn find() -> Result<Self, String> {
        let read = |path: &str| fs::read_to_string(path).map_err(|why| format!("{path}: {why}"));
        let candidates = candidates(&read("/proc/self/mountinfo")?, &read("/proc/self/cgroup")?);
        let mut reasons = Vec::new();
        for groups in candidates {
            match groups.try_out() {
                Ok(()) => return Ok(groups),
                Err(why) => reasons.push(format!("{}: {why}", groups.parent.display())),
            }
        }
        Err(reasons.pop().unwrap_or_else(|| "no control groups for the CPU are mounted".into()))
    }

    /// A new group with nothing in it, whose share is given out anew in each period.
    pub(super) fn create(&self, period: Duration) -> io::Result<Quota> {
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

    fn try_out(&self) -> io::Result<()> {
        if self.version == Version::Two {
            let control = self.parent.join("cgroup.subtree_control");
            if !fs::read_to_string(&control)?.split_whitespace().any(|controller| controller == "cpu") {
                fs::write(control, "+cpu")?;
            }
        }
        let quota = self.create(USUAL_PERIOD)?;
        let mut guinea_pig = Command::new("sleep").arg("10").spawn()?;
        let entered = quota.enter(guinea_pig.id());
        end(&mut guinea_pig)?;
        entered
    }
}

impl Quota {
    /// From now on, this process has no more than its share.
    pub(super) fn enter(&self, process: u32) -> io::Result<()> {
        fs::write(self.0.join("cgroup.procs"), process.to_string())
    }
}

impl Drop for Quota {
    fn drop(&mut self) {
        // What cannot be removed does no harm.
        drop(fs::remove_dir(&self.0));
    }
}

fn end(child: &mut Child) -> io::Result<()> {
    child.kill()?;
    child.wait().map(drop)
}

/// Where groups may be made, the likeliest last. With version 2, a group that has processes cannot have groups with
/// controllers, so every group above ours is one.
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
    // Both versions may be mounted; the controller is then in one of them, mostly the first.
    found.sort_by_key(|groups| groups.version == Version::One);
    found.dedup();
    found.reverse();
    found
}

/// Mount point, type and the file system's options of a line of `/proc/self/mountinfo`.
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
    fn with_version_1_the_own_group_of_the_cpu_controller_comes_first() {
        let mountinfo = "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct\n\
                         34 31 0:31 / /sys/fs/cgroup/cpuset rw,relatime shared:9 - cgroup cgroup rw,cpuset\n";
        let own = "3:cpuset:/a\n2:cpu,cpuacct:/user/me\n";
        let cpu = "/sys/fs/cgroup/cpu,cpuacct";
        assert_eq!(paths(mountinfo, own), [(format!("{cpu}/user/me"), Version::One), (cpu.into(), Version::One)]);
    }

    #[test]
    fn with_version_2_groups_above_are_tried_too_from_the_own_one_upwards() {
        let mountinfo = "26 22 0:23 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";
        let own = "0::/user.slice/me.scope\n";
        let expected =
            ["/user.slice/me.scope", "/user.slice", ""].map(|path| (format!("/sys/fs/cgroup{path}"), Version::Two));
        assert_eq!(paths(mountinfo, own), expected);
    }

    #[test]
    fn without_control_groups_there_is_no_place() {
        assert_eq!(candidates("22 1 0:20 / /proc rw - proc proc rw\n", ""), []);
    }
}

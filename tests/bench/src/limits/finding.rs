//! A number and its limit.

use std::env::consts::ARCH;

use super::file;

/// A measured number.
#[derive(Debug)]
pub(super) struct Finding {
    key: &'static str,
    what: &'static str,
    is: u64,
    limit: Option<u64>,
}

impl Finding {
    pub(super) fn new(key: &'static str, what: &'static str, is: u64, limit: Option<u64>) -> Self {
        Self { key, what, is, limit }
    }

    /// Returns whether the number is within its limit or has none.
    pub(super) fn is_good(&self) -> bool {
        self.limit.is_none_or(|limit| self.is <= limit)
    }

    /// Returns the row in the table: the meaning, the number, the limit, and whether the number exceeds the limit.
    pub(super) fn row(&self) -> [String; 4] {
        let limit = self.limit.map_or("none".into(), |limit| limit.to_string());
        let verdict = if self.is_good() { "" } else { "ABOVE" };
        [self.what.into(), self.is.to_string(), limit, verdict.into()]
    }

    /// Returns the remedy, unless the number is within its limit. A number below its limit needs no remark, because
    /// some limits leave a margin.
    pub(super) fn remark(&self) -> Option<String> {
        let Self { key, what, is, limit } = self;
        let Some(limit) = limit else {
            return Some(format!("{} has no limit `{key}` for {ARCH}: add it.", file::PATH));
        };
        if self.is_good() {
            return None;
        }
        if *limit == 0 {
            return Some(format!("{what}: there must be none, see .cargo/config.toml. This limit cannot be raised."));
        }
        Some(format!(
            "{what}: grew to {is}, {} above the limit of {limit}. Find the cause; if the growth is justified, raise \
             `{key}` in {} in the same commit.",
            is - limit,
            file::PATH
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_numbers_above_their_limits_fail() {
        for (is, limit, good) in [(5, Some(5), true), (6, Some(5), false), (1, Some(0), false), (9, None, true)] {
            assert_eq!(Finding::new("key", "what", is, limit).is_good(), good, "{is} {limit:?}");
        }
    }

    #[test]
    fn remarks_name_the_number_and_its_limit() {
        let remark = |is, limit| Finding::new("crates", "crates linked", is, limit).remark();
        let grown = remark(6, Some(5)).unwrap();
        assert!(grown.starts_with("crates linked: grew to 6, 1 above the limit of 5."), "{grown}");
        assert!(grown.contains("raise `crates` in .ci/limits.json"), "{grown}");
        assert!(remark(50, None).unwrap().contains("no limit `crates`"));
        assert!(remark(1, Some(0)).unwrap().contains("cannot be raised"));
    }

    #[test]
    fn numbers_within_their_limits_have_no_remark() {
        for is in [0, 1, 99, 100] {
            assert_eq!(Finding::new("crates", "crates linked", is, Some(100)).remark(), None, "{is}");
        }
    }
}

//! One number and its limit.

use super::file;
use super::is_far_below;

/// What was found of one thing.
#[derive(Debug)]
pub(in crate::bench) struct Finding {
    key: &'static str,
    what: &'static str,
    is: u64,
    limit: Option<u64>,
}

impl Finding {
    pub(super) fn new(key: &'static str, what: &'static str, is: u64, limit: Option<u64>) -> Self {
        Self { key, what, is, limit }
    }

    /// Whether it is within its limit, or has none.
    pub(super) fn is_good(&self) -> bool {
        self.limit.is_none_or(|limit| self.is <= limit)
    }

    /// Its row in the table.
    pub(super) fn row(&self) -> Vec<String> {
        let limit = self.limit.map_or("none".into(), |limit| limit.to_string());
        let verdict = if self.is_good() { "" } else { "  ABOVE" };
        vec![self.what.into(), self.is.to_string(), format!("{limit}{verdict}")]
    }

    /// What to do, where there is something to do.
    pub(super) fn remark(&self) -> Option<String> {
        let Self { key, what, is, limit } = self;
        let Some(limit) = limit else {
            return Some(format!("There is no limit for `{key}` on this architecture; add it in {}.", file::PATH));
        };
        if *limit == 0 && is > limit {
            return Some(format!("{what}: there must be none, see .cargo/config.toml. This has no limit to raise."));
        }
        if is > limit {
            return Some(format!(
                "{what}: grew to {is}, {} above the limit of {limit}. Find out what made it grow; where that is worth \
                 it, raise `{key}` in {} in the same commit.",
                is - limit,
                file::PATH
            ));
        }
        is_far_below(*is, *limit).then(|| {
            format!("{what}: {is} is far below the limit of {limit}; lower `{key}` in {} to keep that.", file::PATH)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_above_its_limit_is_bad() {
        for (is, limit, good) in [(5, Some(5), true), (6, Some(5), false), (1, Some(0), false), (9, None, true)] {
            assert_eq!(Finding::new("key", "what", is, limit).is_good(), good, "{is} {limit:?}");
        }
    }

    #[test]
    fn remarks_say_what_grew_and_where_to_change_the_limit() {
        let remark = |is, limit| Finding::new("crates", "crates linked", is, limit).remark();
        let grown = remark(6, Some(5)).unwrap();
        assert!(grown.starts_with("crates linked: grew to 6, 1 above the limit of 5."), "{grown}");
        assert!(grown.contains("raise `crates` in .ci/limits.json"), "{grown}");
        assert_eq!(remark(100, Some(101)), None);
        assert!(remark(50, Some(100)).unwrap().contains("lower `crates`"));
        assert!(remark(50, None).unwrap().contains("no limit for `crates`"));
    }
}

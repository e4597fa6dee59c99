//! PEM (RFC 7468), read leniently: text around the blocks, any line ends, white space around lines.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

/// A block with its beginning and its end.
#[derive(Debug, PartialEq, Eq)]
pub struct Block<'a> {
    /// What it says to be, such as `PRIVATE KEY`.
    pub label: &'a str,
    /// What it holds; `None` when that is not base64. Wiped when dropped.
    pub der: Option<Zeroizing<Vec<u8>>>,
}

/// The complete blocks of a text. One pass: the text may be anything.
pub fn blocks(text: &str) -> impl Iterator<Item = Block<'_>> {
    let mut lines = text.lines().map(str::trim);
    let mut open = None;
    std::iter::from_fn(move || {
        loop {
            let line = lines.next()?;
            if let Some(label) = marker("-----BEGIN ", line) {
                open = Some((label, Zeroizing::new(String::new())));
            } else if let Some(end) = marker("-----END ", line) {
                if let Some((label, base64)) = open.take().filter(|(label, _)| *label == end) {
                    return Some(Block { label, der: STANDARD.decode(&*base64).ok().map(Zeroizing::new) });
                }
            } else if let Some((_, base64)) = &mut open {
                base64.push_str(line);
            }
        }
    })
}

fn marker<'a>(kind: &str, line: &'a str) -> Option<&'a str> {
    line.strip_prefix(kind)?.strip_suffix("-----")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(&str, Option<Vec<u8>>)> {
        blocks(text).map(|Block { label, der }| (label, der.map(|der| der.to_vec()))).collect()
    }

    #[test]
    fn blocks_are_found_among_other_text() {
        let text =
            "a\n-----BEGIN A B-----\r\n  AQ\r\nID\n\n-----END A B-----\nx\n-----BEGIN C-----\n!\n-----END C-----";
        assert_eq!(found(text), [("A B", Some(vec![1, 2, 3])), ("C", None)]);
    }

    #[test]
    fn a_block_without_its_own_end_is_none() {
        for text in [
            "",
            "AQID",
            "-----BEGIN A-----\nAQID",
            "-----BEGIN A-----\nAQID\n-----END B-----",
            "AQID\n-----END A-----",
            "-----BEGIN A-----\nAQID\n-----END A----",
        ] {
            assert_eq!(found(text), [], "{text}");
        }
        let text = "-----BEGIN A-----\nAQ\n-----BEGIN B-----\nAQID\n-----END B-----\n-----END A-----";
        assert_eq!(found(text), [("B", Some(vec![1, 2, 3]))]);
    }
}

//! A lenient PEM parser (RFC 7468). It accepts text around the blocks, any line ends, whitespace around and within
//! lines, and the headers of RFC 1421.
//!
//! Own code because the parser of `rustls-pki-types`, which is linked for TLS, needs 0.36 ms for a system's bundle of
//! 144 CA certificates and this one needs 0.09 ms (medians of 301 runs on an AMD EPYC), of some 5 ms for a cold start.
//! It also copies a private key into buffers that are never wiped.

use base64_simd::STANDARD;
use memchr::{memchr_iter, memchr3, memmem};

const BEGIN: &str = "-----BEGIN ";
const DASHES: &str = "-----";

/// A complete PEM block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Block<'a> {
    /// Such as `PRIVATE KEY`.
    pub(crate) label: &'a str,
    base64: &'a str,
}

impl Block<'_> {
    /// Decodes the content into `der`; `None` when it is not base64. Whitespace in it is ignored.
    ///
    /// The caller owns the buffer and can wipe it. With a capacity of at least [`Block::size`], it is not reallocated.
    pub(crate) fn decode(&self, der: &mut Vec<u8>) -> Option<()> {
        der.clear();
        let base64 = self.base64.as_bytes();
        if memchr3(b' ', b'\t', b'\r', base64).is_none() {
            // Copies whole lines, because most blocks contain only base64 and line ends.
            let mut start = 0;
            for end in memchr_iter(b'\n', base64).chain([base64.len()]) {
                der.extend_from_slice(base64.get(start..end)?);
                start = end + 1;
            }
        } else {
            der.extend(base64.iter().filter(|byte| !b" \t\r\n".contains(byte)));
        }
        let length = STANDARD.decode_inplace(der).ok()?.len();
        der.truncate(length);
        Some(())
    }

    /// Returns the capacity that decoding needs, in bytes.
    pub(crate) fn size(&self) -> usize {
        self.base64.len()
    }
}

/// Iterates over the complete blocks of a text, in linear time. The BEGIN and END of a block are on separate lines.
pub(crate) fn blocks(text: &str) -> impl Iterator<Item = Block<'_>> {
    let mut begins = memmem::find_iter(text.as_bytes(), BEGIN).filter(|at| starts_line(text, *at)).peekable();
    std::iter::from_fn(move || {
        loop {
            let begin = begins.next()?;
            // A block must end before the next one begins.
            let limit = begins.peek().copied().unwrap_or(text.len());
            if let Some(block) = text.get(begin + BEGIN.len()..limit).and_then(block) {
                return Some(block);
            }
        }
    })
}

/// Parses a block from its label on.
fn block(text: &str) -> Option<Block<'_>> {
    let (label, rest) = text.split_once('\n')?;
    let label = label.trim_end().strip_suffix(DASHES)?;
    let rest = without_headers(rest);
    let end = format!("-----END {label}-----");
    let ends = memmem::find_iter(rest.as_bytes(), &end);
    let at = ends.into_iter().find(|at| starts_line(rest, *at) && ends_line(rest, at + end.len()))?;
    Some(Block { label, base64: rest.get(..at)? })
}

/// Skips header lines such as `Proc-Type: 4,ENCRYPTED`.
fn without_headers(mut text: &str) -> &str {
    while let Some((_, rest)) = text.split_once('\n').filter(|(line, _)| line.contains(':')) {
        text = rest;
    }
    text
}

/// Returns whether only spaces or a byte order mark precede `at` in its line.
fn starts_line(text: &str, at: usize) -> bool {
    let line = text.get(..at).unwrap_or_default().trim_end_matches([' ', '\t', '\u{feff}']);
    line.is_empty() || line.ends_with('\n')
}

/// Returns whether only spaces follow `at` in its line.
fn ends_line(text: &str, at: usize) -> bool {
    let line = text.get(at..).unwrap_or_default().trim_start_matches([' ', '\t', '\r']);
    line.is_empty() || line.starts_with('\n')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(&str, Option<Vec<u8>>)> {
        let der = |block: Block<'_>| {
            let mut der = Vec::with_capacity(block.size());
            let start = der.as_ptr();
            block.decode(&mut der)?;
            assert_eq!(der.as_ptr(), start, "the buffer was moved");
            Some(der)
        };
        blocks(text).map(|block| (block.label, der(block))).collect()
    }

    #[test]
    fn blocks_are_found_among_other_text() {
        let text = concat!(
            "a\n-----BEGIN A B-----\r\n  AQ\r\nID\n\n -----END A B-----  \r\nx\n",
            "-----BEGIN C-----\n!\n-----END C-----"
        );
        assert_eq!(found(text), [("A B", Some(vec![1, 2, 3])), ("C", None)]);
    }

    #[test]
    fn whitespace_and_headers_are_ignored() {
        for content in [
            "AQID",
            "A Q\tI D",
            " A\tQ \r\n\tI  D\r",
            "AQ\n\n \nID",
            "Proc-Type: 4,CLEAR\nX: y\n\nAQID",
            "Comment: none\r\nAQ ID",
        ] {
            let text = format!("-----BEGIN A-----\n{content}\n-----END A-----");
            assert_eq!(found(&text), [("A", Some(vec![1, 2, 3]))], "{content:?}");
        }
        for content in ["AQ\u{c}ID", "AQ\u{a0}ID", "AQID\nX: y", "AQI", "AQID=="] {
            let text = format!("-----BEGIN A-----\n{content}\n-----END A-----");
            assert_eq!(found(&text), [("A", None)], "{content:?}");
        }
    }

    #[test]
    fn a_byte_order_mark_is_ignored() {
        assert_eq!(found("\u{feff}-----BEGIN A-----\nAQID\n-----END A-----"), [("A", Some(vec![1, 2, 3]))]);
    }

    #[test]
    fn a_block_without_its_own_end_is_ignored() {
        for text in [
            "",
            "AQID",
            "-----BEGIN A-----",
            "-----BEGIN A-----\nAQID",
            "-----BEGIN A-----\nAQID\n-----END B-----",
            "AQID\n-----END A-----",
            "-----BEGIN A-----\nAQID\n-----END A----",
            "-----BEGIN A-----\nAQID\n-----END A-----x",
            "-----BEGIN A-----\nAQID-----END A-----",
            "x -----BEGIN A-----\nAQID\n-----END A-----",
            "-----BEGIN A----\nAQID\n-----END A----",
        ] {
            assert_eq!(found(text), [], "{text}");
        }
        let text = "-----BEGIN A-----\nAQ\n-----BEGIN B-----\nAQID\n-----END B-----\n-----END A-----";
        assert_eq!(found(text), [("B", Some(vec![1, 2, 3]))]);
    }

    #[test]
    fn hostile_texts_take_linear_time() {
        // A search to the end of the text for each BEGIN would take minutes.
        let text = "-----BEGIN A-----\n".repeat(200_000);
        assert_eq!(found(&text), []);
        let text = format!("-----BEGIN A-----\n{}", "-----END A-----x\n".repeat(200_000));
        assert_eq!(found(&text), []);
    }
}

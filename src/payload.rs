//! The rule on payloads, applied to the raw bytes as they come in; none are kept.

/// What the rule says of a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payload {
    /// Nothing, or `null`, in any amount of JSON's white space.
    Empty,
    /// Anything else.
    Refused,
}

/// Reads a payload piece by piece.
#[derive(Clone, Copy, Debug, Default)]
pub struct PayloadReader(Seen);

#[derive(Clone, Copy, Debug, Default)]
enum Seen {
    #[default]
    Space,
    N,
    Nu,
    Nul,
    Null,
    Other,
}

impl PayloadReader {
    /// Looks at the payload's next bytes.
    pub fn push(&mut self, bytes: &[u8]) {
        for byte in bytes {
            if matches!(self.0, Seen::Other) {
                return;
            }
            self.0 = self.0.then(*byte);
        }
    }

    /// What the rule says of all of them.
    #[must_use]
    pub fn verdict(self) -> Payload {
        if matches!(self.0, Seen::Space | Seen::Null) { Payload::Empty } else { Payload::Refused }
    }
}

impl Seen {
    fn then(self, byte: u8) -> Self {
        match (self, byte) {
            (Self::Space | Self::Null, b' ' | b'\t' | b'\r' | b'\n') => self,
            (Self::Space, b'n') => Self::N,
            (Self::N, b'u') => Self::Nu,
            (Self::Nu, b'l') => Self::Nul,
            (Self::Nul, b'l') => Self::Null,
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The verdict on these bytes, which is the same in whatever pieces they come.
    fn verdict(body: &[u8]) -> Payload {
        let verdicts = [1, 3, body.len().max(1)].map(|size| {
            let mut reader = PayloadReader::default();
            body.chunks(size).for_each(|piece| reader.push(piece));
            reader.verdict()
        });
        assert_eq!(verdicts, [verdicts[0]; 3], "{body:?}");
        verdicts[0]
    }

    #[test]
    fn only_nothing_and_null_are_let_through() {
        for body in [&b""[..], b"null", b" ", b"\t\r\n ", b" null", b"null\n", b"\r\n\tnull \t"] {
            assert_eq!(verdict(body), Payload::Empty, "{body:?}");
        }
        for body in [
            &b"{}"[..],
            b"[]",
            b"0",
            b"false",
            b"\"\"",
            b"\"null\"",
            b"nulll",
            b"nul",
            b"NULL",
            b"null null",
            b"n ull",
            b"null\0",
            b"\0",
            b"\x0bnull",
            b"\xc2\xa0null",
            b"\xef\xbb\xbf",
            b"\xef\xbb\xbfnull",
            b"\xff\xfe",
        ] {
            assert_eq!(verdict(body), Payload::Refused, "{body:?}");
        }
    }
}

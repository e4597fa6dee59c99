//! Measures the size of the binary and of the deployed zip.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use anyhow::{Context, Result};
use flate2::Compression;
use flate2::write::DeflateEncoder;

/// The binary's name in the zip.
const NAME: &str = "bootstrap";
/// The headers of a zip with one file: local, central and end of central directory.
/// <https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT>
const HEADERS: u64 = 30 + 46 + 22;

/// Sizes in bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sizes {
    pub(crate) binary: u64,
    /// The size of a zip that contains only the binary, deflated at level 9.
    pub(crate) zip: u64,
}

/// Returns the sizes of a program.
pub(crate) fn sizes(program: &Path) -> Result<Sizes> {
    let binary = fs::read(program).with_context(|| format!("cannot read {}", program.display()))?;
    Ok(Sizes { binary: binary.len() as u64, zip: zipped(&binary)? })
}

fn zipped(binary: &[u8]) -> io::Result<u64> {
    let mut deflated = DeflateEncoder::new(Count(0), Compression::best());
    deflated.write_all(binary)?;
    let names = 2 * NAME.len() as u64;
    Ok(deflated.finish()?.0 + HEADERS + names)
}

/// A writer that counts bytes.
struct Count(u64);

impl Write for Count {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_zeros_is_mostly_headers() {
        let zipped = zipped(&vec![0; 100_000]).unwrap();
        assert!((HEADERS + 18..HEADERS + 500).contains(&zipped), "{zipped}");
    }
}

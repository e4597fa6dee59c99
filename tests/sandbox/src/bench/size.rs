//! How large the file is, and the zip that is deployed.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use flate2::Compression;
use flate2::write::DeflateEncoder;

/// The file's name in the zip.
const NAME: &str = "bootstrap";
/// A zip's headers around one file: local, central, and the end's.
/// <https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT>
const HEADERS: u64 = 30 + 46 + 22;

/// A zip of the file alone, deflated at level 9, in bytes.
pub(super) fn zipped(file: &Path) -> io::Result<u64> {
    let mut deflated = DeflateEncoder::new(Count(0), Compression::best());
    deflated.write_all(&fs::read(file)?)?;
    let names = 2 * NAME.len() as u64;
    Ok(deflated.finish()?.0 + HEADERS + names)
}

/// Keeps nothing but the number of bytes.
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
    fn a_file_of_zeros_is_little_but_headers() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("zeros");
        fs::write(&file, vec![0; 1_000_000]).unwrap();
        let zipped = zipped(&file).unwrap();
        assert!((HEADERS + 18..HEADERS + 2_000).contains(&zipped), "{zipped}");
    }
}

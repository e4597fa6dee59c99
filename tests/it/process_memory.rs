//! Secrets in the process's memory between invocations, and the protection of that memory.

use std::fs::{self, File, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{FileExt, MetadataExt, PermissionsExt};
use std::path::Path;

use memchr::memmem;
use sandbox::{AppKey, Phase, Sandbox};

use crate::scene::{BOOTSTRAP, Scene};

/// This many consecutive bytes of a number are a leak.
const PIECE: usize = 16;
/// The ID of the user `nobody` on most systems.
const NOBODY: u32 = 65_534;

/// A secret and the pieces of it to search for.
struct Secret {
    name: &'static str,
    pieces: Vec<Vec<u8>>,
}

/// Reads all writable memory of the process: heap, stacks and static data.
fn memory(process: u32) -> io::Result<Vec<u8>> {
    let file = File::open(format!("/proc/{process}/mem"))?;
    let mut memory = Vec::new();
    for mapping in fs::read_to_string(format!("/proc/{process}/maps"))?.lines() {
        let (range, rest) = mapping.split_once(' ').unwrap();
        let (start, end) = range.split_once('-').unwrap();
        let [start, end] = [start, end].map(|address| u64::from_str_radix(address, 16).unwrap());
        if rest.starts_with("rw") {
            let mut bytes = vec![0; usize::try_from(end - start).unwrap()];
            file.read_exact_at(&mut bytes, start)?;
            memory.extend(bytes);
        }
    }
    Ok(memory)
}

/// Returns the integers of a PKCS#1 private key: version, modulus, public exponent, private exponent, primes, CRT
/// exponents and coefficient.
fn integers(der: &[u8]) -> Vec<Vec<u8>> {
    let (mut rest, _) = element(der);
    let mut integers = Vec::new();
    while !rest.is_empty() {
        let (content, after) = element(rest);
        integers.push(content.iter().copied().skip_while(|byte| *byte == 0).collect());
        rest = after;
    }
    integers
}

/// Returns the content of the first DER element, and the bytes after it.
fn element(der: &[u8]) -> (&[u8], &[u8]) {
    let (length, start) = match der[1] {
        0x82 => (usize::from(der[2]) << 8 | usize::from(der[3]), 4),
        0x81 => (usize::from(der[2]), 3),
        length => (usize::from(length), 2),
    };
    der[start..].split_at(length)
}

/// Returns the numbers of the key in both byte orders: that of DER and that of the library's big numbers.
fn numbers(pem: &str) -> Vec<Secret> {
    let base64: String = lines(pem).collect();
    let integers = integers(&base64_simd::STANDARD.decode_to_vec(base64).unwrap());
    let names = ["private exponent", "prime", "prime", "CRT exponent", "CRT exponent", "CRT coefficient"];
    assert_eq!(integers.len(), 3 + names.len());
    let secret = |(name, number): (&'static str, &Vec<u8>)| {
        let reversed: Vec<u8> = number.iter().rev().copied().collect();
        let pieces = number.chunks_exact(PIECE).chain(reversed.chunks_exact(PIECE)).map(<[u8]>::to_vec);
        Secret { name, pieces: pieces.collect() }
    };
    names.into_iter().zip(&integers[3..]).map(secret).collect()
}

fn lines(pem: &str) -> impl Iterator<Item = &str> {
    pem.lines().filter(|line| !line.starts_with('-'))
}

/// Counts the occurrences of the text.
fn copies(memory: &[u8], text: &str) -> usize {
    memmem::find_iter(memory, text).count()
}

#[tokio::test]
async fn no_number_of_the_key_stays_in_memory() {
    let scene = Scene::start().await;
    let pem = AppKey::first().pkcs1_pem();
    for invocations in [1, 19] {
        for _ in 0..invocations {
            scene.mint("memory").await;
        }
        let memory = match memory(scene.broker.id()) {
            Ok(memory) => memory,
            Err(error) => return assert_unreadable(&error),
        };
        let github = &scene.sandbox.github;
        assert_ne!(copies(&memory, &github.issued().pop().unwrap()), 0, "the memory that was read is the broker's");
        for Secret { name, pieces } in numbers(&pem) {
            let found = pieces.iter().filter(|piece| memmem::find(&memory, piece).is_some());
            assert_eq!(found.count(), 0, "pieces of a {name} after {invocations} invocations");
        }
        // Two to four copies, depending on the sizes of the reads: in the read buffer of the connection to SSM, in
        // TLS's plaintext, and in the AWS SDK's JSON strings. They do not accumulate.
        let of_pem: Vec<usize> = lines(&pem).map(|line| copies(&memory, line)).collect();
        assert!(of_pem.iter().all(|copies| *copies <= 6), "copies of each line of PEM: {of_pem:?}");
    }
    scene.end().await;
}

/// Asserts that access was denied. Only root may read a process that is not dumpable.
#[expect(clippy::print_stdout, reason = "reports that the test was skipped")]
fn assert_unreadable(error: &io::Error) {
    assert_ne!(fs::metadata("/proc/self").unwrap().uid(), 0, "{error}");
    assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{error}");
    println!("skipped: the search of the process's memory needs root");
}

#[tokio::test]
async fn other_processes_of_the_user_cannot_read_its_memory() {
    let folder = tempfile::tempdir().unwrap();
    let program = if fs::metadata("/proc/self").unwrap().uid() == 0 {
        as_nobody(folder.path())
    } else {
        Path::new(BOOTSTRAP).to_owned()
    };
    let sandbox = Sandbox::start().await;
    let broker = sandbox.launch(&program, |env| {
        // The other user cannot read the file's folder.
        env.remove("SSL_CERT_FILE");
    });
    let phase = sandbox.lambda.ready().await;
    assert!(matches!(phase, Phase::Ready), "{phase:?} {}", broker.captured().describe());
    let process = format!("/proc/{}", broker.id());
    // Root owns the /proc files of a process that is not dumpable.
    assert_eq!(fs::metadata(format!("{process}/mem")).unwrap().uid(), 0);
    let limits = fs::read_to_string(format!("{process}/limits")).unwrap();
    let core: Vec<&str> = limits.lines().find(|line| line.contains("core file")).unwrap().split_whitespace().collect();
    assert_eq!(core, ["Max", "core", "file", "size", "0", "0", "bytes"]);
    broker.stop().await;
}

/// Creates a copy of the program that the user `nobody` can execute.
fn as_nobody(folder: &Path) -> std::path::PathBuf {
    let (copy, script) = (folder.join("bootstrap"), folder.join("as-nobody"));
    fs::copy(BOOTSTRAP, &copy).unwrap();
    let text = format!("#!/bin/sh\nexec setpriv --reuid={NOBODY} --clear-groups {}\n", copy.display());
    fs::write(&script, text).unwrap();
    for path in [folder, &copy, &script] {
        fs::set_permissions(path, Permissions::from_mode(0o755)).unwrap();
    }
    script
}

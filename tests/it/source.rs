//! The function's source code, for tests that compare it with documents.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Returns the repository's folder.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Reads a file of the repository.
pub(crate) fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

/// Returns the files of `src/` by relative path, without comments and unit tests.
pub(crate) fn files() -> BTreeMap<PathBuf, String> {
    let root = root().join("src");
    let (mut files, mut folders) = (BTreeMap::new(), vec![root.clone()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let text = code(&fs::read_to_string(&path).unwrap());
                files.insert(path.strip_prefix(&root).unwrap().to_owned(), text);
            }
        }
    }
    files
}

fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod tests").next().unwrap();
    text.split_inclusive('\n').filter(|line| !line.trim_start().starts_with("//")).collect()
}

/// Returns the names of the upper-case environment variables that the function reads. Each is a separate literal.
pub(crate) fn variables() -> BTreeSet<String> {
    let is_variable = |text: &&str| {
        let is_name = text.contains('_') && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
        // The former is cargo's, for `env!`; the latter a prefix.
        is_name && !text.starts_with("CARGO_") && !text.ends_with('_')
    };
    let files = files();
    let literals = files.values().flat_map(|text| text.split('"').skip(1).step_by(2));
    literals.filter(is_variable).map(str::to_owned).collect()
}

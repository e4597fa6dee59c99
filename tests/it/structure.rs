//! The structure of `src/`: no import cycles among its files, and one public function.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::source;

/// Files by module path, such as `github::retry`. The path of `lib.rs` is empty.
type Sources = BTreeMap<String, String>;
type Imports = BTreeMap<String, BTreeSet<String>>;

fn sources() -> Sources {
    let files = source::files().into_iter().map(|(path, code)| (module(&path), code));
    files.filter(|(module, _)| module != "main").collect()
}

fn module(file: &Path) -> String {
    let path = file.with_extension("");
    let parts: Vec<&str> = path.iter().map(|part| part.to_str().unwrap()).collect();
    match parts.as_slice() {
        ["lib"] => String::new(),
        [folders @ .., "mod"] => folders.join("::"),
        parts => parts.join("::"),
    }
}

/// Returns the paths of a use tree: `a::{b, c::d}` has `a::b` and `a::c::d`.
fn paths(tree: &str) -> Vec<String> {
    let end = tree.find(|c: char| !(c.is_alphanumeric() || "_:".contains(c))).unwrap_or(tree.len());
    let prefix = &tree[..end];
    if !tree[end..].starts_with('{') {
        return vec![prefix.to_owned()];
    }
    let (mut depth, mut start, mut found) = (0, end + 1, Vec::new());
    for (at, c) in tree.char_indices().skip(end) {
        depth += match c {
            '{' => 1,
            '}' => -1,
            _ => 0,
        };
        if depth == 0 || depth == 1 && c == ',' {
            found.extend(paths(tree[start..at].trim()).into_iter().map(|path| format!("{prefix}{path}")));
            start = at + 1;
        }
        if depth == 0 {
            break;
        }
    }
    found
}

/// Returns the longest prefix of a path that is a file.
fn file_of(path: &str, sources: &Sources) -> String {
    let mut path = path.trim_end_matches(':');
    while !sources.contains_key(path) {
        path = path.rsplit_once("::").map_or("", |(parent, _)| parent);
    }
    path.to_owned()
}

fn imports(module: &str, sources: &Sources) -> BTreeSet<String> {
    let code = &sources[module];
    let parent = module.rsplit_once("::").map_or("", |(parent, _)| parent);
    let mut found = BTreeSet::new();
    for (keyword, base) in [("crate::", ""), ("super::", parent)] {
        for (at, _) in code.match_indices(keyword) {
            let paths = paths(&code[at + keyword.len()..]);
            let absolute = |path: &String| if base.is_empty() { path.clone() } else { format!("{base}::{path}") };
            found.extend(paths.iter().map(|path| file_of(&absolute(path), sources)));
        }
    }
    let children = sources.keys().filter(|other| {
        other.rsplit_once("::").map_or("", |(parent, _)| parent) == module && !other.is_empty() && *other != module
    });
    found.extend(children.cloned());
    found
}

fn all_imports(sources: &Sources) -> Imports {
    sources.keys().map(|module| (module.clone(), imports(module, sources))).collect()
}

/// Returns a cycle among the modules, if there is one.
fn cycle(imports: &Imports) -> Option<Vec<String>> {
    fn visit(module: &str, imports: &Imports, path_so_far: &mut Vec<String>, done: &mut BTreeSet<String>) -> bool {
        if let Some(start) = path_so_far.iter().position(|other| other == module) {
            path_so_far.drain(..start);
            return true;
        }
        if !done.insert(module.to_owned()) {
            return false;
        }
        path_so_far.push(module.to_owned());
        let found = imports[module].iter().any(|next| visit(next, imports, path_so_far, done));
        if !found {
            path_so_far.pop();
        }
        found
    }
    let (mut path_so_far, mut done) = (Vec::new(), BTreeSet::new());
    imports.keys().any(|module| visit(module, imports, &mut path_so_far, &mut done)).then_some(path_so_far)
}

#[test]
fn imports_have_no_cycle() {
    let imports = all_imports(&sources());
    assert!(imports["broker"].contains("github"), "imports are read: {:?}", imports["broker"]);
    assert!(imports["github::exchange"].contains("github::retry"), "{:?}", imports["github::exchange"]);
    assert_eq!(cycle(&imports), None);
}

#[test]
fn a_cycle_is_found() {
    let of = |text: &str| {
        let files = text.split(" | ").map(|file| file.split_once(": ").unwrap());
        let sources: Sources =
            files.chain([("", "")]).map(|(module, code)| (module.to_owned(), code.to_owned())).collect();
        cycle(&all_imports(&sources))
    };
    assert_eq!(of("a: use crate::b::{C, d}; | b: x"), None);
    assert_eq!(of("a: use crate::b::C; | b: crate::a::f()"), Some(vec!["a".to_owned(), "b".to_owned()]));
    assert_eq!(of("a: x | a::b: use super::F;"), Some(vec!["a".to_owned(), "a::b".to_owned()]));
    assert_eq!(of("a: x | a::b: use super::c::F; | a::c: x"), None);
    assert!(of("a: x | a::b: use super::{c::F}; | a::c: use crate::a::b;").is_some());
}

#[test]
fn run_is_the_only_public_item() {
    let public: Vec<String> =
        sources()[""].lines().filter(|line| line.starts_with("pub ")).map(str::to_owned).collect();
    // The lint `unreachable_pub` rejects a `pub` item in a private module.
    assert_eq!(public, ["pub use lambda::run;"]);
}

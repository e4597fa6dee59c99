//! The book's reference pages match the function: error types and messages, environment variables, log lines.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use sandbox::{Reply, Sandbox};
use serde_json::Value;

use crate::failures;
use crate::scene::{Scene, launch, unset};
use crate::source::{self, read};
use crate::steps::Step;

const CONFIGURATION_INVALID: &str = "ConfigurationInvalid";

fn page(name: &str) -> String {
    read(&format!("docs/src/reference/{name}.md"))
}

/// Iterates over the texts in backticks.
fn code_spans(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// Returns the texts in backticks of each table row's first cell.
fn first_cells(page: &str) -> BTreeSet<&str> {
    let cells = page.lines().filter_map(|line| line.strip_prefix("| ")?.split(" | ").next());
    cells.flat_map(code_spans).collect()
}

/// Returns the error types with their sections, in the page's order.
fn sections(page: &str) -> Vec<(&str, &str)> {
    let (_, rest) = page.split_once("\n## Error types\n").unwrap();
    let sections = rest.split("\n## ").next().unwrap().split("\n### `").skip(1);
    sections.map(|section| section.split_once("`\n").unwrap()).collect()
}

/// Returns the messages of a section, with `<…>` for the parts that vary.
fn messages(section: &str) -> Vec<&str> {
    let (_, rest) = section.split_once("**Message").unwrap();
    code_spans(rest.split_once("\n**Cause:**").unwrap().0).collect()
}

/// Returns whether a text is a documented message.
fn matches(text: &str, message: &str) -> bool {
    let mut literals = message.split('<').map(|part| part.split_once('>').map_or(part, |(_, literal)| literal));
    let Some(mut rest) = text.strip_prefix(literals.next().unwrap()) else { return false };
    let literals: Vec<&str> = literals.collect();
    let Some((last, inner)) = literals.split_last() else { return rest.is_empty() };
    for literal in inner {
        let Some((_, after)) = rest.split_once(literal) else { return false };
        rest = after;
    }
    rest.len() > last.len() && rest.ends_with(last)
}

#[test]
fn every_error_type_has_a_section() {
    let source = read("src/error_type.rs");
    let variants = source.split_once("enum ErrorType {").unwrap().1.split_once("\n}").unwrap().0;
    let variants = variants.lines().filter_map(|line| line.trim().strip_suffix(','));
    let types: Vec<&str> = variants.filter(|line| !line.starts_with("//")).collect();
    let page = page("errors");
    let documented: Vec<&str> = sections(&page).into_iter().map(|(error_type, _)| error_type).collect();
    assert_eq!(documented, types);
    let listed = page.lines().filter_map(|line| line.strip_prefix("| [`")?.split('`').next());
    assert_eq!(listed.collect::<Vec<_>>(), types, "the table of links");
    for (error_type, section) in sections(&page) {
        assert!(section.contains("\n**Cause:** ") && section.contains("\n**What to do:** "), "{error_type}");
    }
}

#[test]
fn every_message_is_documented_under_its_type() {
    let page = page("errors");
    let sections = sections(&page);
    let mut seen = failures::messages();
    // Other tests cover these two, and the errors of the configuration.
    let others = ["InvocationInputRejected", "InternalError"].into_iter().zip(error_texts("src/lambda/failure.rs"));
    seen.extend(others);
    for (error_type, message) in &seen {
        let (_, section) = sections.iter().find(|(name, _)| name == error_type).unwrap();
        assert!(messages(section).iter().any(|pattern| matches(message, pattern)), "{error_type}: {message}");
    }
    for (error_type, section) in sections.iter().filter(|(name, _)| *name != CONFIGURATION_INVALID) {
        for pattern in messages(section) {
            let is_seen = seen.iter().any(|(name, message)| name == error_type && matches(message, pattern));
            assert!(is_seen, "no failure has the message {pattern}: {error_type}");
        }
    }
}

/// Returns the texts in the `#[error(…)]` attributes of a file of the source.
fn error_texts(path: &str) -> Vec<String> {
    let source = read(path);
    let attributes = source.split("#[error(").skip(1).map(|rest| rest.split(")]").next().unwrap());
    let literals = attributes.filter_map(|text| text.trim_matches(['r', '#']).strip_prefix('"')?.strip_suffix('"'));
    literals.map(str::to_owned).collect()
}

/// Returns the texts between the placeholders.
fn literals(text: &str, [start, end]: [char; 2]) -> Vec<String> {
    text.split(start).map(|part| part.split_once(end).map_or(part, |(_, rest)| rest).to_owned()).collect()
}

#[test]
fn every_configuration_error_is_documented() {
    let texts = error_texts("src/config/error.rs");
    let faults: BTreeSet<_> =
        texts.iter().map(|text| literals(&text.replace("{0}*", "GITHUB_TOKEN_BROKER_*"), ['{', '}'])).collect();
    let page = page("errors");
    let (_, section) = sections(&page).into_iter().find(|(name, _)| *name == CONFIGURATION_INVALID).unwrap();
    let documented: BTreeSet<_> = messages(section).into_iter().map(|text| literals(text, ['<', '>'])).collect();
    assert!(faults.len() > 15, "{faults:?}");
    assert_eq!(documented, faults);
}

#[test]
fn every_outcome_of_a_revocation_is_documented() {
    let (page, source) = (page("errors"), read("src/github/mod.rs"));
    let (_, rest) = page.split_once("\n| `revocation` | ").unwrap();
    let strings =
        source.split('"').skip(1).step_by(2).filter(|text| *text == "revoked" || text.starts_with("failed: "));
    assert_eq!(first_cells(rest.split("\n\n").next().unwrap()), strings.collect());
}

#[test]
fn every_reason_for_the_end_is_documented() {
    let page = page("log");
    let documented: Vec<_> = code_spans(&page).map(|text| literals(text, ['<', '>'])).collect();
    let texts = error_texts("src/lambda/runtime_api_error.rs");
    assert!(texts.len() > 5, "{texts:?}");
    for text in texts {
        assert!(documented.contains(&literals(&text, ['{', '}'])), "{text}");
    }
}

#[test]
fn a_message_matches_its_pattern_only() {
    for (text, pattern, expected) in [
        ("internal error", "internal error", true),
        ("internal errors", "internal error", false),
        ("status 404", "status <status>", true),
        ("status ", "status <status>", false),
        ("a: deadline exceeded", "<step>: deadline exceeded", true),
        ("deadline exceeded", "<step>: deadline exceeded", false),
        ("installation 1 is suspended", "installation <ID> is suspended", true),
        ("1 does not match 2", "<ID> does not match <ID>", true),
        ("1 matches 2", "<ID> does not match <ID>", false),
    ] {
        assert_eq!(matches(text, pattern), expected, "{text} and {pattern}");
    }
}

#[test]
fn every_variable_is_documented() {
    let page = page("environment");
    let (_, rest) = page.split_once("\n## Hosts without the proxy\n").unwrap();
    let tables = page.strip_suffix(rest).unwrap();
    let read = source::variables();
    assert_eq!(first_cells(tables), read.iter().map(String::as_str).collect());
}

/// Returns the JSON blocks of a page.
fn examples(page: &str) -> Vec<Value> {
    let blocks = page.split("```json\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    blocks.map(|block| serde_json::from_str(block).unwrap()).collect()
}

fn fields(line: &Value) -> Vec<&String> {
    line.as_object().unwrap().keys().collect()
}

/// Returns a line of each kind that the function writes.
async fn lines() -> Vec<Value> {
    let scene = Scene::start().await;
    scene.mint("the first").await;
    scene.sandbox.lambda.invoke("{}").await;
    let not_found = Reply::status(404).header("x-github-request-id", "C8A2:3F1B70:17B2C3D4:1A2B3C4D:69EAE2A0");
    let (failed, _) = scene.invoke_with(Step::Preflight, [not_found]).await;
    scene.broker.log_of(&failed).await;
    let faulty = Scene::start_with(unset("GITHUB_TOKEN_BROKER_REPOSITORY_OWNER")).await;
    faulty.broker.wait_exit().await;
    [scene.broker.log_lines(), faulty.broker.log_lines(), lines_of_a_faulty_runtime_api().await].concat()
}

/// Returns the lines of a function whose first response Lambda does not accept, and whose second invocation ends the
/// process.
async fn lines_of_a_faulty_runtime_api() -> Vec<Value> {
    let sandbox = Sandbox::start().await;
    let invocation = Reply::raw(200, "null")
        .header("lambda-runtime-aws-request-id", "8476a536-e9f4-11e8-9739-2dfe598c3fcd")
        .header("lambda-runtime-deadline-ms", "9999999999999");
    let unreadable = invocation.clone().header("lambda-runtime-client-context", r#"{"custom":{"a":1}}"#);
    sandbox.lambda.script_polls([invocation, unreadable]);
    sandbox.lambda.script_posts([Reply::raw(410, "")]);
    let broker = launch(&sandbox, |_| {});
    broker.wait_exit().await;
    broker.log_lines()
}

#[tokio::test]
async fn example_log_lines_have_the_fields_of_real_ones() {
    let (page, lines) = (page("log"), lines().await);
    let examples = examples(&page);
    for example in &examples {
        let line = lines.iter().find(|line| line["msg"] == example["msg"]);
        let line = line.unwrap_or_else(|| panic!("no line is {}: {lines:#?}", example["msg"]));
        assert_eq!(fields(example), fields(line), "{}", example["msg"]);
        let of_failure = ["level", "error", "error_type"].map(|field| (&example[field], &line[field]));
        assert!(of_failure.iter().all(|(documented, real)| documented == real), "{}: {of_failure:?}", example["msg"]);
    }
    for line in &lines {
        assert!(examples.iter().any(|example| example["msg"] == line["msg"]), "{line}");
    }
}

/// An event of the source: its fields and its message.
struct Event {
    fields: Vec<String>,
    message: String,
}

/// Returns the events that the function logs.
fn events() -> Vec<Event> {
    let files = source::files();
    let calls = files.values().flat_map(|code| {
        ["debug!(", "info!(", "warn!(", "error!("].into_iter().flat_map(|name| {
            let starts = code.match_indices(name).map(move |(at, _)| (at, at + name.len()));
            starts
                .filter(|(at, _)| !code[..*at].ends_with(|c: char| c.is_alphanumeric() || c == '_'))
                .map(|(_, at)| event(&code[at..]))
        })
    });
    calls.collect()
}

/// Parses the arguments of an event's macro.
fn event(arguments: &str) -> Event {
    let (mut depth, mut start, mut parts) = (0, 0, Vec::new());
    for (at, c) in arguments.char_indices() {
        match c {
            '(' => depth += 1,
            ')' if depth == 0 => {
                parts.push(arguments[start..at].trim());
                break;
            }
            ')' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(arguments[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    let message = parts.iter().rfind(|part| part.starts_with('"')).unwrap().trim_matches('"').to_owned();
    let fields = parts.iter().filter(|part| !part.is_empty() && !part.starts_with('"') && !part.starts_with("parent:"));
    Event { fields: fields.map(|part| part.split('=').next().unwrap().trim().to_owned()).collect(), message }
}

#[test]
fn every_event_is_documented() {
    let (page, log_level) = (page("log"), read("src/config/log_level.rs"));
    let warnings = log_level.split('"').filter(|text| text.ends_with("; using info")).map(str::to_owned);
    let messages = events().into_iter().map(|event| event.message).filter(|message| message != "{warning}");
    let messages: BTreeSet<String> = messages.chain(warnings).collect();
    assert!(messages.len() > 7, "{messages:?}");
    for message in messages {
        assert!(page.contains(&format!("\"{message}\"")) || code_spans(&page).any(|span| span == message), "{message}");
    }
}

#[test]
fn every_log_field_is_documented() {
    let (page, log) = (page("log"), read("src/lambda/invocation_log.rs"));
    let (_, table) = page.split_once("\n## Fields\n").unwrap();
    let of_span = log.lines().filter_map(|line| line.trim().strip_suffix(" = Empty,"));
    let of_events: Vec<String> = events().into_iter().flat_map(|event| event.fields).collect();
    let of_every_line = ["timestamp", "level", "msg"];
    let logged = of_events.iter().map(String::as_str).chain(of_span).chain(of_every_line);
    assert_eq!(first_cells(table), logged.chain(["error_type"]).collect());
}

/// Returns the text of all files below these folders.
fn texts(folders: &[&str]) -> String {
    let mut folders: Vec<PathBuf> = folders.iter().map(|folder| source::root().join(folder)).collect();
    let mut text = String::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| ["rs", "hcl", "yml"].iter().any(|one| extension == *one))
            {
                text += &fs::read_to_string(path).unwrap();
            }
        }
    }
    text
}

#[test]
fn proofs_of_the_security_model_exist() {
    let page = read("docs/src/explanation/security.md");
    let (_, threats) = page.split_once("\n## Threats and defences\n").unwrap();
    let (tests, workflows) = (texts(&["src", "tests", "terraform/tests"]), texts(&[".github/workflows"]));
    // The last cell of each row names tests and files.
    let proofs = threats.lines().filter_map(|line| line.strip_suffix(" |")?.rsplit_once(" | "));
    let proofs: Vec<&str> = proofs.flat_map(|(_, proof)| code_spans(proof)).collect();
    assert!(proofs.len() > 50, "{proofs:?}");
    for proof in proofs {
        let folders = ["", "tests/it/", ".github/workflows/", ".github/scripts"];
        let is_file = folders.iter().any(|folder| source::root().join(folder).join(proof).exists());
        let is_test = ["]\nfn", "]\n    fn", "]\nasync fn", "]\n    async fn"]
            .iter()
            .any(|start| tests.contains(&format!("{start} {proof}()")))
            || tests.contains(&format!("run \"{proof}\""));
        let is_job = workflows.contains(&format!("\n  {proof}:\n    name:"));
        assert!(is_file || is_test || is_job, "{proof} is not a file, a test or a job");
    }
}

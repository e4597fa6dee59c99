//! Writes each event as a line of JSON to standard output.
//!
//! This is our own `tracing` layer because `tracing-subscriber`'s JSON format uses other names (`fields`, `target`) and
//! cannot write arrays. Only this crate's events are written, because a library's may contain secrets. The fields of
//! the surrounding span are added to the event's own, so the steps of an invocation record their fields on its span.

use std::io::Write;

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use serde::{Serialize, Serializer};
use serde_json::Value;
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::Registry;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::{LookupSpan, SpanRef};

use crate::clock::Clock;

/// The prefix of the targets of this crate's events.
const OWN_TARGET: &str = env!("CARGO_CRATE_NAME");
/// The target of the event with which `lambda_runtime` reports that Lambda refused a response. Only its `status` field
/// shows that.
const REFUSED_POST_TARGET: &str = "lambda_runtime::layers::api_client";
/// Fields that are needed only to investigate a failure.
const ONLY_IN_FAILURES: [&str; 3] = ["aws_request_id", "client_id", "installation_id"];

/// The maximum size of a line in bytes.
const LINE_CAP: usize = 16 * 1024;
/// The maximum size of a field's value, in bytes of JSON, in a line that would exceed [`LINE_CAP`].
const VALUE_CAP: usize = 512;

/// The value that removes a field from the line.
pub(crate) const UNSET: &str = "";

/// Starts writing this process's events of at least this level to standard output. Later calls have no effect.
pub(crate) fn init(threshold: LevelFilter, now: Clock) {
    let lines = JsonLines { threshold, now, write: write_to_stdout };
    // Fails only when a subscriber is already set.
    let _ = tracing::subscriber::set_global_default(Registry::default().with(lines));
}

fn write_to_stdout(line: &[u8]) {
    // If stdout is gone, there is nowhere to report it.
    let _ = std::io::stdout().lock().write_all(line);
}

struct JsonLines {
    threshold: LevelFilter,
    now: Clock,
    write: fn(&[u8]),
}

/// The fields recorded so far, by name.
#[derive(Default)]
struct Fields(Vec<(&'static str, Value)>);

/// The fields of a line that is written when the span closes.
struct Deferred(Fields);

/// A line before it is written.
struct Line<'a> {
    timestamp: String,
    level: &'static str,
    msg: &'a str,
    fields: Vec<(&'static str, &'a Value)>,
}

impl<S: Subscriber + for<'s> LookupSpan<'s>> Layer<S> for JsonLines {
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        let is_own = metadata.target().starts_with(OWN_TARGET) || metadata.target() == REFUSED_POST_TARGET;
        is_own && (metadata.is_span() || *metadata.level() <= self.threshold)
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let (level, span) = (*event.metadata().level(), context.event_span(event));
        if event.metadata().target() != REFUSED_POST_TARGET {
            (self.write)(&self.line(level, &fields, span.as_ref()));
        } else if let (Some(fields), Some(span)) = (refused_post(&fields), span) {
            // Written after the invocation's own line.
            span.extensions_mut().insert(Deferred(fields));
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(span) = context.span(&id) else { return };
        // In separate statements, because a guard that is still held would deadlock with the next one.
        let deferred = span.extensions_mut().remove();
        let Some(Deferred(mut fields)) = deferred else { return };
        let request_id = span.extensions().get::<Fields>().and_then(|fields| fields.get("request_id").cloned());
        fields.0.extend(request_id.map(|id| ("request_id", id)));
        (self.write)(&self.line(Level::ERROR, &fields, None::<&SpanRef<'_, S>>));
    }
}

impl JsonLines {
    fn line<'s, S: LookupSpan<'s>>(&self, level: Level, fields: &Fields, span: Option<&SpanRef<'s, S>>) -> Vec<u8> {
        let extensions = span.map(SpanRef::extensions);
        let recorded = extensions.as_ref().and_then(|extensions| extensions.get::<Fields>());
        let span_fields = span.zip(recorded).map(|(span, recorded)| span_fields(level, fields, span, recorded));
        let timestamp = DateTime::from((self.now)()).fmt(Format::DateTime).unwrap_or_default();
        let msg = fields.get("message").and_then(Value::as_str).unwrap_or_default();
        let own = fields.0.iter().filter(|(name, _)| *name != "message").map(|(name, value)| (*name, value));
        let fields = own.chain(span_fields.into_iter().flatten()).collect();
        let mut line = Line { timestamp, level: level.as_str(), msg, fields }.to_json();
        line.push(b'\n');
        line
    }
}

impl Line<'_> {
    /// Serialises the line. Above 16 KiB, long values are replaced.
    fn to_json(&self) -> Vec<u8> {
        let whole = json(self);
        if whole.len() < LINE_CAP {
            return whole;
        }
        let too_long = Value::from("(too long)");
        let shorten = |value| if json(value).len() > VALUE_CAP { &too_long } else { value };
        let fields = self.fields.iter().map(|(name, value)| (*name, shorten(*value))).collect();
        json(&Line { timestamp: self.timestamp.clone(), level: self.level, msg: self.msg, fields })
    }
}

/// Serialises texts and maps of JSON values, which cannot fail.
fn json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).unwrap_or_default()
}

/// Returns the span's fields that the event itself does not have. They are in the order of their declaration, because
/// steps may record them in any order.
fn span_fields<'f, 's, S: LookupSpan<'s>>(
    level: Level,
    own: &Fields,
    span: &SpanRef<'s, S>,
    recorded: &'f Fields,
) -> Vec<(&'static str, &'f Value)> {
    let is_failure = level <= Level::WARN;
    let declared = span.metadata().fields().iter().map(|field| field.name());
    declared
        .filter(|name| own.get(name).is_none() && (is_failure || !ONLY_IN_FAILURES.contains(name)))
        .filter_map(|name| recorded.get(name).map(|value| (name, value)))
        .collect()
}

/// Returns the fields of our own line about a response that Lambda refused.
fn refused_post(fields: &Fields) -> Option<Fields> {
    // As in "413 Payload Too Large".
    let status = fields.get("status")?.as_str()?.split(' ').next()?.to_owned();
    let error = format!("the Lambda Runtime API answered with status {status}");
    Some(Fields(vec![("message", "post answer to Lambda".into()), ("error", error.into())]))
}

impl Fields {
    fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|(other, _)| *other == name).map(|(_, value)| value)
    }

    fn unset(&mut self, field: &Field) {
        self.0.retain(|(name, _)| *name != field.name());
    }

    fn set(&mut self, field: &Field, value: Value) {
        self.unset(field);
        self.0.push((field.name(), value));
    }
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        if value == UNSET { self.unset(field) } else { self.set(field, value.into()) }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.set(field, value.into());
    }

    /// Parses the bytes as JSON, because `tracing` has no arrays and maps.
    fn record_bytes(&mut self, field: &Field, value: &[u8]) {
        self.set(field, serde_json::from_slice(value).unwrap_or_default());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.set(field, format!("{value:?}").into());
    }
}

impl Serialize for Line<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Lambda's log-level filter reads `timestamp` (RFC 3339) and `level`, see
        // <https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html>.
        let first = [("timestamp", self.timestamp.as_str()), ("level", self.level), ("msg", self.msg)];
        let first = first.map(|(name, text)| (name, Value::from(text)));
        let fields = self.fields.iter().map(|(name, value)| (*name, *value));
        serializer.collect_map(first.iter().map(|(name, value)| (*name, value)).chain(fields))
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::time::{Duration, SystemTime};

    use tracing::field::Empty;
    use tracing::{error, error_span, info, warn};

    use super::*;

    thread_local! {
        static WRITTEN: RefCell<String> = const { RefCell::new(String::new()) };
    }

    /// Returns the lines that `log` writes.
    fn written(threshold: LevelFilter, log: impl FnOnce()) -> Vec<String> {
        let now = || SystemTime::UNIX_EPOCH + Duration::from_millis(1_776_962_912_345);
        let write = |line: &[u8]| WRITTEN.with_borrow_mut(|text| text.push_str(std::str::from_utf8(line).unwrap()));
        let lines = JsonLines { threshold, now, write };
        tracing::subscriber::with_default(Registry::default().with(lines), log);
        WRITTEN.take().lines().map(str::to_owned).collect()
    }

    #[test]
    fn a_line_starts_with_timestamp_level_and_msg() {
        let lines = written(LevelFilter::INFO, || {
            warn!(repositories = &br#"["owner/name"]"#[..], count = 3_u64, why = %"a reason", "a message");
        });
        let expected = concat!(
            r#"{"timestamp":"2026-04-23T16:48:32.345Z","level":"WARN","msg":"a message","#,
            r#""repositories":["owner/name"],"count":3,"why":"a reason"}"#
        );
        assert_eq!(lines, [expected]);
    }

    #[test]
    fn the_spans_fields_follow_the_events_own() {
        let lines = written(LevelFilter::INFO, || {
            let span = error_span!("invocation", request_id = "1", client_id = Empty, ssm_ms = Empty, unknown = Empty);
            let _entered = span.enter();
            span.record("ssm_ms", 7_u64);
            span.record("client_id", "Iv1");
            span.record("ssm_ms", 8_u64);
            span.record("unknown", "1");
            span.record("unknown", UNSET);
            info!(expires_at = "soon", "minted");
            error!(request_id = "own", "failed");
        });
        let tails: Vec<_> = lines.iter().map(|line| line.split_once(r#""msg":"#).unwrap().1).collect();
        let expected = [
            r#""minted","expires_at":"soon","request_id":"1","ssm_ms":8}"#,
            r#""failed","request_id":"own","client_id":"Iv1","ssm_ms":8}"#,
        ];
        assert_eq!(tails, expected);
    }

    #[test]
    fn no_line_has_more_than_16_kib() {
        // Each of these characters takes six bytes of JSON.
        for (characters, is_kept) in [(2_700, true), (2_800, false), (100_000, false)] {
            let text = "\u{1}".repeat(characters);
            let log = || error!(error = text, permissions = &br#"{"contents":"read"}"#[..], "mint");
            let [line] = &written(LevelFilter::INFO, log)[..] else { panic!("not one line") };
            assert!(line.len() < LINE_CAP, "{} bytes", line.len());
            let line: Value = serde_json::from_str(line).unwrap();
            assert_eq!(line["error"], if is_kept { &text } else { "(too long)" });
            assert_eq!((&line["msg"], &line["permissions"]["contents"]), (&"mint".into(), &"read".into()));
        }
    }

    #[test]
    fn events_below_the_threshold_are_dropped() {
        let log = || {
            info!("info");
            warn!("warn");
            error!("error");
        };
        assert_eq!(written(LevelFilter::WARN, log).len(), 2);
        assert_eq!(written(LevelFilter::ERROR, log).len(), 1);
    }

    #[test]
    fn events_of_libraries_are_dropped() {
        let log = || {
            error!(target: "hyper", "a secret");
            error!(target: "lambda_runtime::layers::panic", "a secret");
            error!(target: "lambda_runtime::layers::api_client", error = "a secret", "a secret");
        };
        assert_eq!(written(LevelFilter::INFO, log), [""; 0]);
    }

    #[test]
    fn a_refused_response_is_one_line_of_our_own() {
        let lines = written(LevelFilter::INFO, || {
            let _entered = error_span!("invocation", request_id = "1", ssm_ms = 7_u64).entered();
            error!(target: "lambda_runtime::layers::api_client", status = %"410 Gone", "a library's text");
            info!("minted");
        });
        let [_minted, line] = lines.as_slice() else { panic!("{lines:?}") };
        let line: Value = serde_json::from_str(line).unwrap();
        let expected = serde_json::json!({
            "timestamp": "2026-04-23T16:48:32.345Z",
            "level": "ERROR",
            "msg": "post answer to Lambda",
            "error": "the Lambda Runtime API answered with status 410",
            "request_id": "1",
        });
        assert_eq!(line, expected);
    }
}

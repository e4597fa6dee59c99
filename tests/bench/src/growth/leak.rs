//! The growth of memory with each invocation.
//!
//! A Lambda runtime puts each invocation's trace ID into the environment, as the AWS SDKs expect, and `setenv` of the C
//! library keeps every value that a variable ever had. So memory grows with each new ID, whatever the function does. The
//! growth that is the function's own shows with a constant ID.

use std::path::Path;

use anyhow::{Context, Result};
use sandbox::{Broker, TraceIds};

use super::{Rows, Section};
use crate::broker::{Conditions, TestBed, process};
use crate::progress;
use crate::units::{Unit, number};

/// Invocations before the measurement, while the heap reaches its size.
pub(crate) const WARM_UP: u32 = 500;
/// Invocations of the measurement.
pub(crate) const INVOCATIONS: u32 = 2_000;

/// Measures both.
pub(super) async fn measure(program: &Path) -> Result<Section> {
    let bar = progress::bar(2);
    bar.set_message("growth of memory");
    let mut rows = Rows::new([
        ("constant_trace_id", "constant trace ID", Unit::Bytes),
        ("changing_trace_ids", "changing trace IDs", Unit::Bytes),
    ]);
    let constant = growth(program, TraceIds::Constant).await?;
    bar.inc(1);
    let changing = growth(program, TraceIds::Changing).await?;
    bar.finish_and_clear();
    rows.rows.push([constant, changing].map(|bytes| number(bytes) / f64::from(INVOCATIONS)));
    Ok(rows.section(format!("Growth of anonymous memory per invocation, in {INVOCATIONS} invocations after {WARM_UP}")))
}

/// The growth of anonymous memory in [`INVOCATIONS`] invocations, in bytes. Memory that shrinks does not grow.
pub(crate) async fn growth(program: &Path, trace_ids: TraceIds) -> Result<u64> {
    let bed = TestBed::without_quota().await?;
    bed.sandbox.lambda.set_trace_ids(trace_ids);
    let broker = bed.launch(program, Conditions::default()).await?;
    bed.invoke_times(&broker, WARM_UP).await?;
    let before = anonymous_memory(&broker)?;
    bed.invoke_times(&broker, INVOCATIONS).await?;
    let after = anonymous_memory(&broker)?;
    broker.stop().await;
    Ok(after.saturating_sub(before))
}

fn anonymous_memory(broker: &Broker) -> Result<u64> {
    process::anonymous_memory(broker.id()).context("cannot read the anonymous memory")
}

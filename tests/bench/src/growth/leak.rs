//! Measures the growth of memory with each invocation.
//!
//! A Lambda runtime sets an environment variable to each invocation's trace ID, as the AWS SDKs expect, and `setenv` of
//! the C library never frees an old value. So memory grows with each new ID in every function. A constant ID shows the
//! function's own growth.

use std::path::Path;

use anyhow::{Context, Result};
use sandbox::{Broker, TraceIds};

use super::{Rows, Section};
use crate::broker::{Conditions, TestBed, process};
use crate::progress;
use crate::units::{Unit, number};

const INVOCATIONS: u32 = 2_000;

/// Measures the growth with changing IDs and with a constant ID.
pub(super) async fn measure(program: &Path) -> Result<Section> {
    let bar = progress::bar(2);
    bar.set_message("growth of memory");
    let mut rows = Rows::new([
        ("constant_trace_id", "constant trace ID", Unit::Bytes),
        ("changing_trace_ids", "changing trace IDs", Unit::Bytes),
    ]);
    let constant = bytes_per_invocation(program, TraceIds::Constant, INVOCATIONS).await?;
    bar.inc(1);
    let changing = bytes_per_invocation(program, TraceIds::Changing, INVOCATIONS).await?;
    bar.finish_and_clear();
    rows.rows.push([constant, changing].map(number));
    Ok(rows.section(format!("Growth of anonymous memory per invocation, over {INVOCATIONS} invocations")))
}

/// Returns the growth of anonymous memory per invocation in bytes, rounded up, or 0 if memory shrinks. A quarter as
/// many invocations precede the measurement, so that the heap reaches its size.
pub(crate) async fn bytes_per_invocation(program: &Path, trace_ids: TraceIds, invocations: u32) -> Result<u64> {
    let bed = TestBed::without_quota().await?;
    bed.sandbox.lambda.set_trace_ids(trace_ids);
    let broker = bed.launch(program, Conditions::default()).await?;
    bed.invoke_times(&broker, invocations / 4).await?;
    let before = anonymous_memory(&broker)?;
    bed.invoke_times(&broker, invocations).await?;
    let after = anonymous_memory(&broker)?;
    broker.stop().await;
    Ok(after.saturating_sub(before).div_ceil(invocations.into()))
}

fn anonymous_memory(broker: &Broker) -> Result<u64> {
    process::anonymous_memory(broker.id()).context("cannot read the anonymous memory")
}

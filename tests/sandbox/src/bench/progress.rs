//! How far a long measurement has come, on standard error, where that is a terminal.

use indicatif::{ProgressBar, ProgressStyle};

/// A bar of so many steps.
pub(super) fn bar(steps: u64) -> ProgressBar {
    let bar = ProgressBar::new(steps);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len}  {msg}") {
        bar.set_style(style);
    }
    bar
}

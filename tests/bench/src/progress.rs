//! Shows the progress of a long measurement on standard error, if that is a terminal.

use indicatif::{ProgressBar, ProgressStyle};

/// Creates a bar with this many steps.
pub(crate) fn bar(steps: u64) -> ProgressBar {
    let bar = ProgressBar::new(steps);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len}  {msg}") {
        bar.set_style(style);
    }
    bar
}

//! What a user of the command can get wrong, in one line.

use std::error::Error;
use std::fmt;
use std::process::ExitCode;

/// Why the command cannot do what it was asked to.
#[derive(Debug)]
pub(crate) struct Mistake(String);

impl Mistake {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// With all causes of an error behind the text.
    pub(crate) fn because(text: &str, error: &(dyn Error + 'static)) -> Self {
        let causes = std::iter::successors(Some(error), |error| (**error).source());
        Self(causes.fold(text.to_owned(), |text, cause| format!("{text}: {cause}")))
    }

    /// Tells it and gives the exit status for it.
    pub(super) fn into_exit_code(self) -> ExitCode {
        eprintln!("{self}");
        super::MISTAKE.into()
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<&str> = self.0.split_whitespace().collect();
        write!(formatter, "sandbox: {}", words.join(" "))
    }
}

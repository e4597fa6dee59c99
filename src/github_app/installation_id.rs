//! The ID of the App's installation that covers the repository.

use std::fmt;
use std::num::NonZeroU64;
use std::str::FromStr;

/// The ID of an App's installation: a positive decimal number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct InstallationId(NonZeroU64);

/// The text is not an [`InstallationId`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotAnInstallationId;

impl InstallationId {
    /// Returns the ID as a number, as in GitHub's JSON.
    pub(crate) fn number(self) -> u64 {
        self.0.get()
    }
}

impl FromStr for InstallationId {
    type Err = NotAnInstallationId;

    fn from_str(text: &str) -> Result<Self, NotAnInstallationId> {
        // The number parser also accepts a plus sign and leading zeros.
        let is_plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
        let number = if is_plain { text.parse().ok() } else { None };
        number.map(Self).ok_or(NotAnInstallationId)
    }
}

impl fmt::Display for InstallationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn installation_ids_are_plain_positive_numbers() {
        for text in ["1", "52345678", "18446744073709551615"] {
            assert_eq!(text.parse::<InstallationId>().unwrap().to_string(), text);
        }
        for text in ["", "0", "01", "+1", "-1", "1.0", "1e3", "0x1", "1 2", "١", "18446744073709551616", "abc"] {
            assert_eq!(text.parse::<InstallationId>(), Err(NotAnInstallationId), "{text}");
        }
    }
}

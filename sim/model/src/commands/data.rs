//! Data that comes in base64.

use crate::base64::{self, Foreign};
use crate::message::CommandError;
use qga_fixtures::schema::{Base64Alphabet, ErrorName, Release};

/// Decodes data as the release does.
pub(crate) fn decode(release: &Release, text: &[u8]) -> Result<Vec<u8>, CommandError> {
    let foreign = match release.base64_alphabet {
        Base64Alphabet::Checked => Foreign::Refuse,
        Base64Alphabet::Skipping => Foreign::Skip,
    };
    base64::decode(text, foreign).ok_or_else(|| CommandError::new(ErrorName::Base64Characters))
}

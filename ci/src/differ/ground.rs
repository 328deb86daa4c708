//! What both sides find in the scratch folder before a batch.

/// Regular files and what is in them.
pub(super) const FILES: &[(&str, &str)] = &[("a", "0123456789"), ("empty", ""), ("read-only", "read")];

/// A folder.
pub(super) const FOLDER: &str = "folder";

/// Symbolic links and where they lead.
pub(super) const LINKS: &[(&str, &str)] = &[("link", "a"), ("dangling", "nowhere"), ("loop", "loop")];

/// A pipe with a name.
pub(super) const PIPE: &str = "pipe";

//! What every agent owes, whatever it is asked: the properties that need no expected
//! output.

use crate::script::{ClaimId, Level};
use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! properties {
    ($($variant:ident $number:literal $name:literal $level:ident $text:literal $source:literal)*) => {
        /// A property. Its name and its number are stable.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum Property {
            $(#[doc = $text] $variant,)*
        }

        impl Property {
            /// All of them.
            pub const ALL: &[Property] = &[$(Property::$variant),*];

            /// Its name on reports.
            pub fn name(self) -> &'static str {
                match self { $(Property::$variant => $name),* }
            }

            /// Who owes it.
            pub fn level(self) -> Level {
                match self { $(Property::$variant => Level::$level),* }
            }

            /// What the agent must do; no full stop.
            pub fn text(self) -> &'static str {
                match self { $(Property::$variant => $text),* }
            }

            /// What it rests on.
            pub fn source(self) -> &'static str {
                match self { $(Property::$variant => $source),* }
            }

            fn number(self) -> u16 {
                match self { $(Property::$variant => $number),* }
            }
        }
    };
}

properties! {
    Alive 1 "alive" Must "keep the channel open and live on, whatever is sent" "schema"
    Answers 2 "answers" Must "answer each complete request with one reply, in the order of the requests" "schema"
    Unasked 3 "unasked" Must "say nothing that nobody asked for" "schema"
    ReplyForm 4 "reply-form" Must "answer with one line of valid JSON that holds a return or an error" "schema"
    ResultForm 5 "result-form" Must "return what the schema says" "schema"
    Id 6 "id" Should "give back the id of the request" "document: QMP specification, a reply has its command's id"
    Recovers 7 "recovers" Must "answer a sync after 0xFF within a bounded number of lines, whatever came before" "schema: guest-sync-delimited"
    Cut 8 "cut" Must "give the same replies however the bytes are cut" "schema"
    Sync 9 "sync" Must "return the number of a sync, and 0xFF before that of guest-sync-delimited" "schema: guest-sync-delimited"
    Refuses 10 "refuses" Must "refuse arguments that the schema does not allow" "schema"
    Unexpected 11 "unexpected" Exact "refuse an argument that the command does not know, and integers that do not fit" "qemu-ga"
    Offered 12 "offered" Must "do what guest-info lists as enabled, and refuse everything else" "schema: guest-info"
    Works 13 "works" Must "do what is rightly asked of it" "schema"
    ReadBack 14 "read-back" Must "read back what was written, wherever the position was set" "schema: guest-file-read"
    Whole 15 "whole" Should "read as much as was asked for and is there, and then tell of the end" "schema: guest-file-read"
    Position 16 "position" Must "return the position that was set" "schema: guest-file-seek"
    Handles 17 "handles" Must "keep one open file apart from another" "schema: guest-file-open"
    Closed 18 "closed" Must "refuse a handle that is closed or was never given" "schema: guest-file-close"
    Unchanged 19 "unchanged" Must "change nothing when it refuses" "schema"
    Outlives 20 "outlives" Should "keep files open and programs known when the client comes anew" "qemu-ga"
    Program 21 "program" Must "tell how a program ended and what it wrote" "schema: guest-exec-status"
    Forgotten 22 "forgotten" Should "forget a program once it has told of its end" "qemu-ga"
    Frozen 23 "frozen" Should "answer the commands for frozen filesystems while they are, and only them" "schema: guest-fsfreeze-freeze"
    Balance 24 "balance" Should "thaw as many filesystems as it froze, and tell the state between" "schema: guest-fsfreeze-thaw"
    Memory 25 "memory" Should "not grow with the number of requests" "qemu-ga"
    Outcome 26 "outcome" Must "succeed and fail where the other agent does" "comparison"
    Value 27 "value" Should "return what the other agent returns, and the class of its errors" "comparison"
    Bytes 28 "bytes" Exact "answer with the very bytes of the other agent" "comparison"
    Envelope 29 "envelope" Should "do nothing of what is no request" "qemu-ga"
    Members 30 "members" Exact "refuse a request with a member that no request has, or has once" "qemu-ga"
    Class 31 "class" Should "answer a command that it does not offer with the class CommandNotFound, and each error with a text" "libvirt: takes CommandNotFound for 'not supported' and shows the text"
    Sound 32 "sound" Must "tell nothing of the machine that cannot be" "schema"
    Shape 33 "shape" Should "tell of the machine what known clients read, in their form" "libvirt"
    Kept 34 "kept" Must "have done what it says it has done" "schema"
    End 35 "end" Should "say eof when a read finds less than it asked for, and only then" "qemu-ga"
    Numbers 36 "numbers" Should "not give the number of a closed file to another" "qemu-ga 1.4.1"
    Values 37 "values" Should "refuse data that is no base64, places and modes that are none, and to read what it opened for writing" "qemu-ga"
    Many 38 "many" Exact "hold thirty-two files open at a time" "qemu-ga"
    Silent 39 "silent" Must "say nothing when it does what no reply is to tell" "schema: success-response"
    Joined 40 "joined" Exact "put together the halves of a request from two clients" "qemu-ga"
    Same 41 "same" Should "tell the same of what does not change between two questions" "qemu-ga"
}

impl Property {
    /// The id of its claim in scripts.
    ///
    /// # Panics
    /// Never: numbers have at most three digits.
    pub fn claim(self) -> ClaimId {
        ClaimId::new(&format!("FUZZ-{:03}", self.number())).expect("a number has at most three digits")
    }

    /// Whether two of them may be two views of one fault, of which a smaller session
    /// may show the other.
    pub fn is_akin(self, other: Property) -> bool {
        self.kin() == other.kin()
    }

    /// Whether it is about every reply alike, whatever the command: then all that
    /// violates it is one finding.
    pub fn is_general(self) -> bool {
        use Property::*;
        matches!(
            self,
            Alive | Answers | Unasked | ReplyForm | Id | Recovers | Cut | Class | Frozen | Unchanged
        )
    }

    /// Whether it is about being like another agent.
    pub fn compares(self) -> bool {
        matches!(self, Property::Outcome | Property::Value | Property::Bytes)
    }

    /// Whether it is violated by an agent that says nothing.
    pub fn is_of_silence(self) -> bool {
        matches!(self, Property::Answers | Property::Recovers)
    }

    /// How near it is to the wire: what comes nearer may look like what comes after it.
    pub fn depth(self) -> u8 {
        match self {
            Property::Alive => 0,
            Property::Answers | Property::Unasked => 1,
            Property::ReplyForm => 2,
            _ => 3,
        }
    }

    fn kin(self) -> u16 {
        match self {
            Property::ReadBack | Property::Whole | Property::Position | Property::Handles | Property::Unchanged => 100,
            Property::Outlives | Property::Works => 100,
            Property::Answers | Property::Unasked => 101,
            Property::Outcome | Property::Value | Property::Bytes => 102,
            Property::Frozen | Property::Balance => 103,
            Property::Sound | Property::Shape => 104,
            other => other.number(),
        }
    }
}

impl fmt::Display for Property {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_and_numbers_are_unique() {
        let names: BTreeSet<&str> = Property::ALL.iter().map(|it| it.name()).collect();
        let claims: BTreeSet<String> = Property::ALL.iter().map(|it| it.claim().to_string()).collect();
        assert_eq!((names.len(), claims.len()), (Property::ALL.len(), Property::ALL.len()));
    }

    #[test]
    fn the_name_is_the_word_of_json() {
        for it in Property::ALL {
            assert_eq!(serde_json::to_value(it).expect("a word"), it.name());
        }
    }
}

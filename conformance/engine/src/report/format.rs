//! The forms of a report, by the names they have on the command line. Each form has
//! a file of its own; this one only leads there.

use super::{Report, badge, github, html, json, json_of_many, junit, markdown, svg, tap, text_of_many};
use std::fmt;

/// A form in which reports are written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// For a person.
    Text,
    /// One JSON object, from which every other form can be made.
    Json,
    /// JUnit XML.
    Junit,
    /// The Test Anything Protocol, version 14.
    Tap,
    /// Workflow commands that GitHub shows beside the code.
    Github,
    /// Markdown for the summary of a CI job.
    Markdown,
    /// One page with every cell's wire log.
    Html,
    /// JSON for a badge that shields.io draws.
    Badge,
    /// A badge as a picture.
    Svg,
}

impl Format {
    /// All of them, in the order in which they are listed.
    pub const ALL: [Format; 9] = [
        Format::Text,
        Format::Json,
        Format::Junit,
        Format::Tap,
        Format::Github,
        Format::Markdown,
        Format::Html,
        Format::Badge,
        Format::Svg,
    ];

    /// The word for it on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Format::Text => "text",
            Format::Json => "json",
            Format::Junit => "junit",
            Format::Tap => "tap",
            Format::Github => "github",
            Format::Markdown => "markdown",
            Format::Html => "html",
            Format::Badge => "badge",
            Format::Svg => "svg",
        }
    }

    /// What it is for, in half a line.
    pub fn about(self) -> &'static str {
        match self {
            Format::Text => "for a person",
            Format::Json => "for programs, and for `report merge` and `report summary`",
            Format::Junit => "JUnit XML, which most CI systems read",
            Format::Tap => "the Test Anything Protocol, version 14",
            Format::Github => "annotations of a GitHub workflow: github=- in a step",
            Format::Markdown => "the summary of a CI job: markdown=$GITHUB_STEP_SUMMARY",
            Format::Html => "one page to look at: agents by claims, with wire logs",
            Format::Badge => "the JSON from which shields.io draws a badge",
            Format::Svg => "a badge as a picture",
        }
    }

    /// Writes down reports of one agent or several, in the order in which they come.
    pub fn write(self, reports: &[Report]) -> String {
        match (self, reports) {
            (Format::Text, _) => text_of_many(reports),
            (Format::Json, [report]) => json(report),
            (Format::Json, _) => json_of_many(reports),
            (Format::Junit, _) => junit(reports),
            (Format::Tap, _) => tap(reports),
            (Format::Github, _) => github(reports),
            (Format::Markdown, _) => markdown(reports),
            (Format::Html, _) => html(reports),
            (Format::Badge, _) => badge(reports),
            (Format::Svg, _) => svg(reports),
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

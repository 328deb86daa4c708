//! The parts of the page that are written as they are: who was judged, the filters,
//! and the matrix.

use super::escape;
use crate::report::matrix::{Matrix, Row};
use crate::report::{Report, Standing, Verdict, Weight};
use crate::script::Level;
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// With more agents the table scrolls inside its own frame.
const NARROW_AGENTS_MAX: usize = 5;

/// A card for each agent: its verdict and what that counts.
pub(super) fn agents(reports: &[Report], heads: &[String]) -> String {
    reports.iter().zip(heads).map(card).collect()
}

fn card((report, head): (&Report, &String)) -> String {
    let sum = report.summary();
    let counts: Vec<String> = Weight::ALL
        .iter()
        .rev()
        .map(|weight| (*weight, sum.count(*weight)))
        .filter(|(weight, count)| *count > 0 && *weight > Weight::ForOthers)
        .map(|(weight, count)| {
            format!(
                "<li class=\"{}\">{}<span>{count}</span> {}</li>",
                weight.class(),
                mark(weight),
                weight.word()
            )
        })
        .collect();
    let missing = report.shards.as_ref().map_or(String::new(), |it| match it.is_whole() {
        true => String::new(),
        false => format!("<p>shards {} of {} only</p>", join(&it.ran), it.of),
    });
    let consumers = consumers(report);
    format!(
        "<section class=\"card\">\n<h2>{}</h2>\n<p class=\"verdict {}\">{} <small>at {}</small></p>\n<ul>{}</ul>\n{missing}{consumers}\
         <p class=\"target\">as {} on {}<br><code>{}</code></p>\n</section>\n",
        escape(head),
        match report.verdict() {
            Verdict::Conforms => "good",
            _ if sum.is_good() => "part",
            _ => "bad",
        },
        report.verdict(),
        report.level,
        counts.concat(),
        escape(&report.release),
        escape(&report.system),
        escape(&report.target)
    )
}

/// What consumers lack, folded away.
fn consumers(report: &Report) -> String {
    let consumers = report.consumers();
    let satisfied = consumers.iter().filter(|it| it.standing == Standing::Satisfied);
    let summary = format!("satisfies {} of {} consumers", satisfied.count(), consumers.len());
    let lines = consumers
        .iter()
        .map(|it| format!("<dt>{}</dt><dd>{}</dd>", escape(it.profile), escape(&it.words())));
    let lines: String = lines.collect();
    match lines.is_empty() {
        true => lines,
        false => format!("<details class=\"consumers\"><summary>{summary}</summary><dl>{lines}</dl></details>\n"),
    }
}

fn join(numbers: &[u32]) -> String {
    let words: Vec<String> = numbers.iter().map(ToString::to_string).collect();
    words.join(", ")
}

fn mark(weight: Weight) -> String {
    format!("<i aria-hidden=\"true\">{}</i>", weight.sign())
}

/// The filters: by outcome, level, family, agent and text.
pub(super) fn filters(matrix: &Matrix<'_>, heads: &[String]) -> String {
    let mut out = String::new();
    let seen: BTreeSet<Weight> = matrix
        .rows
        .iter()
        .flat_map(|it| it.cells.iter().copied().flatten())
        .collect();
    let chips: String = seen.iter().rev().map(|weight| chip_of(*weight, matrix)).collect();
    set(&mut out, "outcome", &chips);
    let levels: BTreeSet<Level> = matrix.rows.iter().map(|it| it.claim.level).collect();
    let chips: String = levels
        .iter()
        .map(|it| chip("level", it.word(), it.word(), it.word()))
        .collect();
    set(&mut out, "level", &chips);
    let families: BTreeSet<&str> = matrix.rows.iter().map(Row::family).collect();
    let families = families
        .iter()
        .map(|it| (it.to_string(), it.to_string()))
        .collect::<Vec<_>>();
    select(&mut out, "family", &families);
    if heads.len() > 1 {
        let agents: Vec<_> = heads
            .iter()
            .enumerate()
            .map(|(at, it)| (at.to_string(), it.clone()))
            .collect();
        select(&mut out, "agent", &agents);
        out.push_str("<label class=\"chip\"><input type=\"checkbox\" name=\"differ\"> agents differ</label>\n");
    }
    out
}

fn chip_of(weight: Weight, matrix: &Matrix<'_>) -> String {
    let has = |row: &&Row<'_>| row.cells.contains(&Some(weight));
    let count = matrix.rows.iter().filter(has).count();
    let label = format!("{} {} <b>{count}</b>", mark(weight), weight.word());
    chip("outcome", &weight.class(), &weight.class(), &label)
}

fn chip(name: &str, value: &str, class: &str, label: &str) -> String {
    format!(
        "<label class=\"chip {class}\"><input type=\"checkbox\" name=\"{name}\" value=\"{value}\"> {label}</label>\n"
    )
}

fn set(out: &mut String, legend: &str, chips: &str) {
    writeln!(out, "<fieldset><legend>{legend}</legend>\n{chips}</fieldset>").expect("a string takes all");
}

fn select(out: &mut String, name: &str, options: &[(String, String)]) {
    writeln!(
        out,
        "<label class=\"field\">{name} <select name=\"{name}\">\n<option value=\"\">all</option>"
    )
    .expect("a string takes all");
    for (value, label) in options {
        writeln!(out, "<option value=\"{}\">{}</option>", escape(value), escape(label)).expect("a string takes all");
    }
    out.push_str("</select></label>\n");
}

/// The matrix: a group of rows for each family, a column for each agent.
pub(super) fn table(matrix: &Matrix<'_>, heads: &[String]) -> String {
    let wide = if heads.len() > NARROW_AGENTS_MAX { " wide" } else { "" };
    let mut out = format!(
        "<div class=\"frame{wide}\">\n<table id=\"matrix\">\n<caption>What became of each claim, by agent. A cell leads to what went over the wire.</caption>\n<thead><tr><th scope=\"col\">claim</th>"
    );
    for head in heads {
        write!(out, "<th scope=\"col\"><span>{}</span></th>", escape(head)).expect("a string takes all");
    }
    out.push_str("</tr></thead>\n");
    let mut families = matrix.rows.chunk_by(|one, other| one.family() == other.family());
    families.by_ref().for_each(|rows| family(&mut out, rows, heads));
    out.push_str("</table>\n</div>\n");
    out
}

fn family(out: &mut String, rows: &[Row<'_>], heads: &[String]) {
    let name = escape(rows[0].family());
    let columns = heads.len() + 1;
    write!(out, "<tbody data-family=\"{name}\">\n<tr class=\"family\"><th scope=\"rowgroup\" colspan=\"{columns}\">{name} <small>{}</small></th></tr>\n", rows.len()).expect("a string takes all");
    for claim in rows {
        row(out, claim, heads);
    }
    out.push_str("</tbody>\n");
}

fn row(out: &mut String, row: &Row<'_>, heads: &[String]) {
    let claim = row.claim;
    let (id, level) = (claim.id.as_str(), claim.level);
    write!(
        out,
        "<tr data-level=\"{level}\"><th scope=\"row\"><a href=\"#/{id}\">{id}</a> <em>{level}</em><span>{}</span></th>",
        escape(&claim.text)
    )
    .expect("a string takes all");
    for (at, (cell, head)) in row.cells.iter().zip(heads).enumerate() {
        match cell {
            None => out.push_str("<td></td>"),
            Some(weight) => write!(
                out,
                "<td><a class=\"{}\" href=\"#{at}/{id}\" aria-label=\"{}: {id}, {}\">{}</a></td>",
                weight.class(),
                weight.word(),
                escape(head),
                weight.sign()
            )
            .expect("a string takes all"),
        }
    }
    out.push_str("</tr>\n");
}

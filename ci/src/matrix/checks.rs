//! What a person does with the page, and what there must be to see.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use super::browser::Browser;

/// A desk and a phone, in CSS pixels.
const WIDE: (u32, u32) = (1280, 900);
const PHONE: (u32, u32) = (390, 844);
/// What is typed to filter, and what must then be left.
const WORDS: &str = "sync-03";

/// Everything about the page with the matrix; pictures go to the folder.
pub(super) fn matrix(browser: &mut Browser, page: &Path, reports: &Value, pictures: &Path) -> Result<()> {
    browser.prefer("light")?;
    browser.size(WIDE.0, WIDE.1, false)?;
    browser.open(page)?;
    counts(browser, reports)?;
    browser.shoot(&pictures.join("wide.png"))?;
    a_cell_opens(browser)?;
    browser.shoot(&pictures.join("cell.png"))?;
    the_filter_works(browser)?;
    light_and_dark(browser, pictures)?;
    a_phone_is_wide_enough(browser, pictures)?;
    is_content_with_itself(browser, page)?;
    println!("the page of {} agents does what it should", columns(reports).len());
    Ok(())
}

/// A page with failures: a failing cell shows the difference and its place.
pub(super) fn failures(browser: &mut Browser, page: &Path, pictures: &Path) -> Result<()> {
    browser.prefer("light")?;
    browser.size(WIDE.0, WIDE.1, false)?;
    browser.open(page)?;
    browser.click("td > a.fails")?;
    settle(browser)?;
    let seen = browser.value("document.querySelector('#cell dl')?.textContent ?? ''")?;
    let seen = seen.as_str().unwrap_or_default();
    ensure!(
        seen.contains("expected") && seen.contains("found"),
        "a failure shows no difference: {seen}"
    );
    ensure!(
        browser.value("document.querySelector('#cell tr.here')?.textContent.includes('here') ?? false")? == true,
        "a failure shows not where it happened"
    );
    browser.shoot(&pictures.join("failure.png"))?;
    browser.size(PHONE.0, PHONE.1, true)?;
    fits(browser, "a failure on a phone")?;
    browser.shoot(&pictures.join("failure-phone.png"))?;
    is_content_with_itself(browser, page)?;
    println!("a failing cell shows the difference");
    Ok(())
}

/// The reports, of one agent or several.
fn columns(reports: &Value) -> Vec<&Value> {
    match reports["reports"].as_array() {
        Some(many) => many.iter().collect(),
        None => vec![reports],
    }
}

/// Outcomes of claims by their ids: a claim of several scripts is as good as the worst.
fn claims(report: &Value) -> BTreeMap<&str, &str> {
    let order = ["not-owed", "not-testable", "passed", "not-reached", "failed"];
    let rank = |it: &str| order.iter().position(|known| *known == it);
    let mut worst: BTreeMap<&str, &str> = BTreeMap::new();
    let scripts = report["scripts"].as_array().into_iter().flatten();
    for claim in scripts.flat_map(|it| it["claims"].as_array().into_iter().flatten()) {
        let (id, outcome) = (
            claim["id"].as_str().unwrap_or(""),
            claim["outcome"].as_str().unwrap_or(""),
        );
        let known = worst.entry(id).or_insert(outcome);
        if rank(outcome) > rank(known) {
            *known = outcome;
        }
    }
    worst
}

/// A row for each claim, a column for each agent, and in each column as many claims
/// that hold and fail as the reports have.
fn counts(browser: &mut Browser, reports: &Value) -> Result<()> {
    let columns = columns(reports);
    let claims: Vec<_> = columns.iter().map(|it| claims(it)).collect();
    let ids: std::collections::BTreeSet<&str> = claims.iter().flat_map(|it| it.keys().copied()).collect();
    let rows = browser.value("document.querySelectorAll('#matrix tr[data-level]').length")?;
    ensure!(rows == ids.len(), "{rows} rows for {} claims", ids.len());
    let heads = browser.value("document.querySelectorAll('#matrix thead th').length - 1")?;
    ensure!(heads == columns.len(), "{heads} columns for {} agents", columns.len());
    for (column, claims) in claims.iter().enumerate() {
        for (class, outcome) in [("holds", "passed"), ("fails", "failed")] {
            let shown = browser.value(&format!(
                "[...document.querySelectorAll('#matrix tr[data-level]')]\
                 .filter((it) => it.querySelectorAll('td')[{column}].firstElementChild?.className === '{class}').length"
            ))?;
            let expected = claims.values().filter(|it| **it == outcome).count();
            ensure!(
                shown == expected,
                "column {column} shows {shown} that {class}, and the report has {expected}"
            );
        }
    }
    Ok(())
}

/// A click on a cell leads to its wire log: times, bytes, both directions.
fn a_cell_opens(browser: &mut Browser) -> Result<()> {
    browser.click("#matrix td > a.holds")?;
    settle(browser)?;
    let seen = browser.value(
        "(() => { const cell = document.getElementById('cell'); const text = (it) => cell.querySelector(it)?.textContent ?? ''; \
         return {open: cell.open, sent: text('.wire tr.sent'), received: text('.wire tr.received'), title: text('h2')}; })()",
    )?;
    ensure!(seen["open"] == true, "a click on a cell opens nothing");
    for way in ["sent", "received"] {
        let line = seen[way].as_str().unwrap_or_default();
        ensure!(
            line.contains(" ms") && line.contains(" B"),
            "no time or no bytes in what was {way}: {line}"
        );
    }
    let address = browser.value("location.hash")?;
    ensure!(
        address.as_str().is_some_and(|it| it.contains('/')),
        "the cell has no address: {address}"
    );
    browser.click("#hex")?;
    let hex = browser.value("document.querySelector('.wire tr.sent .text').textContent")?;
    ensure!(
        hex.as_str().is_some_and(|it| it.starts_with("0000  ")),
        "no bytes in hexadecimal digits: {hex}"
    );
    browser.click("#hex")
}

/// What is typed leaves the rows with it, a chip those with that outcome, and reset all.
fn the_filter_works(browser: &mut Browser) -> Result<()> {
    let shown = "[...document.querySelectorAll('#matrix tr[data-level]:not([hidden])')]";
    browser.click("#close")?;
    settle(browser)?;
    let all = browser.value(&format!("{shown}.length"))?;
    browser.click("#filters input[type=search]")?;
    browser.write(WORDS)?;
    settle(browser)?;
    let left = browser.value(&format!("{shown}.map((it) => it.querySelector('th').textContent)"))?;
    let left = left.as_array().cloned().unwrap_or_default();
    let fits = |it: &Value| it.as_str().is_some_and(|it| it.to_lowercase().contains(WORDS));
    ensure!(!left.is_empty() && left.iter().all(fits), "the filter leaves {left:?}");
    let told = browser.value("document.getElementById('shown').textContent")?;
    let all_claims = all.to_string();
    ensure!(
        told == json!(format!("{} of {all_claims} claims", left.len())),
        "the filter tells {told}"
    );
    browser.click("#filters button[type=reset]")?;
    settle(browser)?;
    ensure!(browser.value(&format!("{shown}.length"))? == all, "reset shows not all");
    browser.click("#filters input[name=outcome][value=holds]")?;
    settle(browser)?;
    let holds = browser.value(&format!("{shown}.every((it) => it.querySelector('td > .holds'))"))?;
    ensure!(holds == true, "the chip leaves rows without that outcome");
    browser.click("#filters button[type=reset]")
}

/// The page follows the system: its ground is light or dark, its letters the other.
fn light_and_dark(browser: &mut Browser, pictures: &Path) -> Result<()> {
    for (scheme, is_dark) in [("light", false), ("dark", true)] {
        browser.prefer(scheme)?;
        let [ground, letters] = ["backgroundColor", "color"].map(|it| brightness(browser, it));
        let (ground, letters) = (ground?, letters?);
        ensure!(
            (ground < letters) == is_dark,
            "{scheme}: the ground is {ground}, the letters {letters}"
        );
        ensure!(
            (ground - letters).abs() > 120.0,
            "{scheme}: {ground} and {letters} are too near"
        );
    }
    browser.value("scrollTo(0, 0)")?;
    browser.shoot(&pictures.join("dark.png"))?;
    browser.prefer("light")
}

/// The mean of the three parts of a colour of the page, from 0 to 255.
fn brightness(browser: &mut Browser, property: &str) -> Result<f64> {
    let value = browser.value(&format!(
        "getComputedStyle(document.body).{property}.match(/[0-9.]+/g).slice(0, 3).reduce((sum, it) => sum + Number(it), 0) / 3"
    ))?;
    Ok(value.as_f64().unwrap_or_default())
}

fn a_phone_is_wide_enough(browser: &mut Browser, pictures: &Path) -> Result<()> {
    browser.size(PHONE.0, PHONE.1, true)?;
    browser.value("scrollTo(0, 0)")?;
    fits(browser, "the page on a phone")?;
    browser.shoot(&pictures.join("phone.png"))?;
    browser.value("document.getElementById('matrix').scrollIntoView()")?;
    browser.shoot(&pictures.join("phone-matrix.png"))?;
    browser.click("#matrix td > a.holds")?;
    settle(browser)?;
    fits(browser, "a cell on a phone")?;
    browser.shoot(&pictures.join("phone-cell.png"))
}

/// Nothing of the page, nor of an open cell, lies beside the screen.
fn fits(browser: &mut Browser, what: &str) -> Result<()> {
    settle(browser)?;
    let widths = browser.value(
        "[document.scrollingElement.scrollWidth, innerWidth, document.getElementById('cell').scrollWidth, \
         document.getElementById('cell').clientWidth]",
    )?;
    let width = |at: usize| widths[at].as_u64().unwrap_or_default();
    ensure!(
        width(0) <= width(1) && width(2) <= width(3).max(width(1)),
        "{what} is too wide: {widths}"
    );
    Ok(())
}

/// Two frames, in which what was done is drawn.
fn settle(browser: &mut Browser) -> Result<()> {
    let frames = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(1))))";
    browser.value(frames).map(drop)
}

/// No complaint, and nothing asked for but the page itself.
fn is_content_with_itself(browser: &mut Browser, page: &Path) -> Result<()> {
    let complaints = browser.complaints();
    ensure!(complaints.is_empty(), "the page complains: {complaints:?}");
    let own = format!("file://{}", page.display());
    let others: Vec<_> = browser
        .requests()
        .into_iter()
        .filter(|it| !it.starts_with("data:") && it.split('#').next() != Some(&own))
        .collect();
    ensure!(others.is_empty(), "the page asks for {others:?}");
    Ok(())
}

//! Cards: ranking methods in one table, or one thing and its fields in full.

use std::fmt::Write as _;

use etiology_rank::{Level, MethodCard, Need};

use crate::Palette;
use crate::text::{hang, lines_of, table};

/// Every method in a line: its id, what it ranks and needs, how it scores; then why the default is the default.
#[must_use]
pub fn method_list(cards: &[MethodCard], default: &str, why_default: &str) -> String {
    let mut table = table(&["method", "ranks", "needs", "score"]);
    for card in cards {
        let id = card.id();
        let mark = if id == default { " *" } else { "" };
        table.add_row([
            format!("{id}{mark}"),
            level(card.level).to_owned(),
            letters(card.needs),
            shortened(card.summary),
        ]);
    }
    let mut out = lines_of(&table);
    out.push('\n');
    hang("  needs: ", "r rows before the onset or a reference, t a topology, s a symptom", &mut out);
    hang("  * ", &format!("ranks unless --method names another: it {why_default}."), &mut out);
    hang("  ", "`etiology methods NAME` tells all about one of them.", &mut out);
    out
}

/// Every structure learner in a line: its name, what it reads, what it finds, what it does.
#[must_use]
pub fn learner_list(rows: &[[&str; 4]]) -> String {
    let mut table = table(&["learner", "reads", "finds", "does"]);
    for [name, reads, finds, summary] in rows {
        table.add_row([(*name).to_owned(), (*reads).to_owned(), shortened(finds), shortened(summary)]);
    }
    let mut out = lines_of(&table);
    out.push('\n');
    hang(
        "  ",
        "`etiology methods NAME` tells all about one of them; `etiology learn --method NAME` uses it.",
        &mut out,
    );
    out
}

/// Every mode of `etiology granger` in a line: its name, what it finds, what it does.
#[must_use]
pub fn mode_list(rows: &[[&str; 3]]) -> String {
    let mut table = table(&["mode", "finds", "does"]);
    for [name, finds, summary] in rows {
        table.add_row([(*name).to_owned(), shortened(finds), shortened(summary)]);
    }
    let mut out = lines_of(&table);
    out.push('\n');
    hang(
        "  ",
        "`etiology methods NAME` tells all about one of them; `etiology granger --mode NAME` uses it.",
        &mut out,
    );
    out
}

/// One method in full.
#[must_use]
pub fn method_page(card: &MethodCard, why_default: Option<&str>, palette: Palette) -> String {
    let needs = needs(card.needs);
    let fields = [
        ("", card.variant.as_str()),
        ("scores", card.summary),
        ("ranks", level(card.level)),
        ("needs", &needs),
        ("assumes", card.assumes),
        ("variant", card.repairs),
        ("cost", card.complexity),
        ("cites", card.cites),
        ("default", why_default.unwrap_or_default()),
    ];
    page(&card.id(), &fields, palette)
}

/// A name over its fields, wrapped; empty fields are skipped, and a field without a name stands under the name itself.
#[must_use]
pub fn page(name: &str, fields: &[(&str, &str)], palette: Palette) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "{}", palette.bold(name));
    for (field, text) in fields.iter().filter(|(_, text)| !text.is_empty()) {
        let head = if field.is_empty() { "  ".to_owned() } else { format!("  {field:<9}") };
        hang(&head, text, &mut out);
    }
    out
}

fn level(level: Level) -> &'static str {
    match level {
        Level::Entity => "entities",
        Level::Metric => "metrics",
    }
}

fn needs(needs: &[Need]) -> String {
    let words: Vec<&str> = needs
        .iter()
        .map(|need| match need {
            Need::Reference => "reference",
            Need::Topology => "topology",
            Need::Symptom => "symptom",
        })
        .collect();
    if words.is_empty() { "nothing".to_owned() } else { words.join(", ") }
}

fn letters(needs: &[Need]) -> String {
    let letter = |need: &Need| match need {
        Need::Reference => 'r',
        Need::Topology => 't',
        Need::Symptom => 's',
    };
    if needs.is_empty() { "-".to_owned() } else { needs.iter().map(letter).collect() }
}

/// What fits beside the other columns.
fn shortened(text: &str) -> String {
    const MOST: usize = 50;
    if text.chars().count() <= MOST {
        return text.to_owned();
    }
    text.chars().take(MOST - 3).collect::<String>() + "..."
}

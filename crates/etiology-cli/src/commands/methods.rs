//! `etiology methods`: every ranking method, or one in full; `etiology methods learners`: every structure learner; `etiology
//! methods lagged`: every mode of `etiology granger`.

use etiology::granger::{Mode, ModeCard};
use etiology::structure::{LearnerCard, Method, Reads};
use etiology::{DEFAULT_METHOD_REASON, MethodCard, Options, find, registry};
use etiology_report::{learner_list, method_list, method_page, mode_list, page};
use serde::Serialize;

use crate::cli::{Format, Methods};
use crate::failure::Failure;
use crate::output;

#[derive(Serialize)]
struct Listed {
    id: String,
    default: bool,
    #[serde(flatten)]
    card: MethodCard,
}

impl Listed {
    fn new(card: MethodCard, default: &str) -> Self {
        let id = card.id();
        Self { default: id == default, id, card }
    }
}

#[derive(Serialize)]
struct List {
    schema: &'static str,
    methods: Vec<Listed>,
}

#[derive(Serialize)]
struct Learners {
    schema: &'static str,
    learners: Vec<LearnerCard>,
}

#[derive(Serialize)]
struct Modes {
    schema: &'static str,
    modes: Vec<ModeCard>,
}

pub(crate) fn run(options: &Methods) -> Result<(), Failure> {
    match options.name.as_deref() {
        Some("learners") => return learners(options, Method::all().collect()),
        Some("lagged") => return modes(options, Mode::all().collect()),
        Some(name) => {
            if let Ok(learner) = name.parse::<Method>() {
                return learners(options, vec![learner]);
            }
            if let Ok(mode) = name.parse::<Mode>() {
                return modes(options, vec![mode]);
            }
        }
        None => {}
    }
    let default = Options::default().method;
    let cards = match &options.name {
        Some(name) => vec![find(name).map_err(Failure::input)?.card()],
        None => registry().iter().map(|method| method.card()).collect(),
    };
    let file = options.answer.output.as_deref();
    match (options.answer.format, cards.as_slice()) {
        (Format::Json, _) => {
            let methods = cards.into_iter().map(|card| Listed::new(card, &default)).collect();
            output::write_json(file, &List { schema: "etiology.methods/1", methods })
        }
        (Format::Text, [card]) if options.name.is_some() => {
            let why = (card.id() == default).then_some(DEFAULT_METHOD_REASON);
            output::write(file, &method_page(card, why, output::palette(file)))
        }
        (Format::Text, cards) => output::write(file, &method_list(cards, &default, DEFAULT_METHOD_REASON)),
    }
}

/// Every structure learner in a line, or one in full.
fn learners(options: &Methods, methods: Vec<Method>) -> Result<(), Failure> {
    let file = options.answer.output.as_deref();
    let cards: Vec<LearnerCard> = methods.iter().map(|method| *method.card()).collect();
    match (options.answer.format, cards.as_slice()) {
        (Format::Json, _) => {
            output::write_json(file, &Learners { schema: "etiology.learners/1", learners: cards })
        }
        (Format::Text, [card]) => {
            let reads = reads(card.reads);
            let fields = [
                ("does", card.summary),
                ("reads", reads),
                ("finds", card.finds),
                ("assumes", card.assumes),
                ("cost", card.complexity),
                ("cites", card.cites),
            ];
            output::write(file, &page(card.name, &fields, output::palette(file)))
        }
        (Format::Text, cards) => {
            let rows: Vec<[&str; 4]> =
                cards.iter().map(|card| [card.name, reads(card.reads), card.finds, card.summary]).collect();
            output::write(file, &learner_list(&rows))
        }
    }
}

/// Every mode of `etiology granger` in a line, or one in full.
fn modes(options: &Methods, modes: Vec<Mode>) -> Result<(), Failure> {
    let file = options.answer.output.as_deref();
    let cards: Vec<ModeCard> = modes.iter().map(|mode| *mode.card()).collect();
    match (options.answer.format, cards.as_slice()) {
        (Format::Json, _) => {
            output::write_json(file, &Modes { schema: "etiology.lagged-modes/1", modes: cards })
        }
        (Format::Text, [card]) => {
            let fields = [
                ("does", card.summary),
                ("finds", card.finds),
                ("assumes", card.assumes),
                ("cost", card.complexity),
                ("cites", card.cites),
            ];
            output::write(file, &page(card.name, &fields, output::palette(file)))
        }
        (Format::Text, cards) => {
            let rows: Vec<[&str; 3]> =
                cards.iter().map(|card| [card.name, card.finds, card.summary]).collect();
            output::write(file, &mode_list(&rows))
        }
    }
}

fn reads(reads: Reads) -> &'static str {
    match reads {
        Reads::Test => "an independence test",
        Reads::Score => "a score",
        Reads::TestAndScore => "a test and a score",
        Reads::Numbers => "numbers",
        Reads::Categories => "categories",
    }
}

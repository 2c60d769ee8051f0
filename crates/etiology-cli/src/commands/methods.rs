//! `etiology methods`: every ranking method, or one in full.

use etiology::{DEFAULT_METHOD_REASON, MethodCard, Options, find, registry};
use etiology_report::{method_list, method_page};
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

pub(crate) fn run(options: &Methods) -> Result<(), Failure> {
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

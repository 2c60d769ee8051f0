//! Tables of numbers: those beside the checkout where they exist, and random ones.

use std::fs::File;
use std::io::Read;
use std::path::PathBuf;

use nalgebra::DMatrix;

/// A table's columns, by name.
pub(crate) struct Table {
    pub(crate) names: Vec<String>,
    pub(crate) values: DMatrix<f64>,
}

impl Table {
    pub(crate) fn rows(&self) -> usize {
        self.values.nrows()
    }

    pub(crate) fn node(&self, name: &str) -> usize {
        self.names.iter().position(|other| other == name).unwrap()
    }

    /// Divisor: the number of rows.
    pub(crate) fn covariance(&self) -> DMatrix<f64> {
        let mut centred = self.values.clone();
        for mut column in centred.column_iter_mut() {
            let mean = column.mean();
            column.add_scalar_mut(-mean);
        }
        centred.tr_mul(&centred) / self.rows() as f64
    }
}

/// A file of the folder of reference data beside the checkout; `None`, with a note, where there is none.
pub(crate) fn oracle(path: &str) -> Option<PathBuf> {
    let file = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared")).join(path);
    if !file.exists() {
        println!("skipped: no {}", file.display());
        return None;
    }
    Some(file)
}

/// Reads a (gzipped) CSV file with a header.
pub(crate) fn read(path: &str) -> Option<Table> {
    let file = oracle(path)?;
    let open = File::open(&file).unwrap();
    let reader: Box<dyn Read> = if file.extension().is_some_and(|ext| ext == "gz") {
        Box::new(flate2::read::GzDecoder::new(open))
    } else {
        Box::new(open)
    };
    let mut csv = csv::Reader::from_reader(reader);
    let names: Vec<String> = csv.headers().unwrap().iter().map(str::to_owned).collect();
    let values: Vec<f64> = csv
        .records()
        .flat_map(|row| row.unwrap().iter().map(|cell| cell.parse().unwrap()).collect::<Vec<f64>>())
        .collect();
    Some(Table { values: DMatrix::from_row_slice(values.len() / names.len(), names.len(), &values), names })
}

use std::str::FromStr;

/// A fleet: how many contexts, and how many migrations each has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cell {
    pub(crate) contexts: usize,
    pub(crate) migrations: usize,
}

impl FromStr for Cell {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = |text: &str| text.parse().ok().filter(|number| *number > 0);
        text.split_once('x')
            .and_then(|(contexts, migrations)| {
                Some(Self { contexts: number(contexts)?, migrations: number(migrations)? })
            })
            .ok_or_else(|| "expected CONTEXTSxMIGRATIONS, such as 1000x10".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fleet_is_two_numbers() {
        assert_eq!("1000x10".parse(), Ok(Cell { contexts: 1000, migrations: 10 }));
        for text in ["", "1000", "x10", "0x1", "1000x", "1000x-1"] {
            assert!(text.parse::<Cell>().is_err(), "{text}");
        }
    }
}

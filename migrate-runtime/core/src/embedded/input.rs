/// Bytes that are read from the front. Each method gives `None` where they end too early or are not what was asked for.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    /// Bytes, from their start.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Whether all were read.
    pub const fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// So many bytes.
    pub fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    /// An array of bytes.
    pub fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    /// A number in groups of seven bits, the lowest first, of which all but the last have the highest bit set.
    // Asked for in many places: in each of them it would be larger than what a migration is embedded as.
    #[inline(never)]
    pub fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let [byte] = self.array()?;
            let group = u64::from(byte & 0x7f);
            if group << shift >> shift != group {
                return None;
            }
            number |= group << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    /// A number that counts something in memory.
    pub fn size(&mut self) -> Option<usize> {
        usize::try_from(self.number()?).ok()
    }

    /// A number with a sign, which is its lowest bit: 0, −1, 1, −2 and so on.
    pub fn signed(&mut self) -> Option<i64> {
        let number = self.number()?;
        Some((number >> 1).cast_signed() ^ -(number & 1).cast_signed())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_end_at_the_first_byte_without_the_highest_bit() {
        let mut input =
            Input::new(&[0x00, 0x7f, 0x80, 0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]);
        assert_eq!([input.number(), input.number(), input.number()], [Some(0), Some(127), Some(128)]);
        assert_eq!((input.number(), input.is_empty()), (Some(u64::MAX), true));
        assert_eq!(input.number(), None, "nothing is left");
        assert_eq!(Input::new(&[0x80; 11]).number(), None, "no end");
        assert_eq!(
            Input::new(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02]).number(),
            None,
            "too large"
        );
    }

    #[test]
    fn signs_are_the_lowest_bit() {
        let mut input = Input::new(&[0, 1, 2, 3]);
        assert_eq!([(); 4].map(|()| input.signed()), [Some(0), Some(-1), Some(1), Some(-2)]);
    }
}

/// As many as the vector indexes of the schema were made for.
const DIMENSION: usize = 384;

/// A stand-in for an embedding model: texts that share words point the same way.
///
/// Each word adds one to a dimension that its hash picks, so that the result needs no model and is the same everywhere.
pub(crate) fn embed(text: &str) -> Vec<f32> {
    let mut vector = vec![0.0; DIMENSION];
    for word in text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        vector[bucket(&word.to_lowercase())] += 1.0;
    }
    let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
    if length > 0.0 {
        for x in &mut vector {
            *x /= length;
        }
    }
    vector
}

/// FNV-1a, which is short and spreads words well enough.
fn bucket(word: &str) -> usize {
    let hash = word
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    usize::try_from(hash % DIMENSION as u64).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cosine(one: &str, other: &str) -> f32 {
        embed(one).iter().zip(embed(other)).map(|(x, y)| x * y).sum()
    }

    #[test]
    fn texts_that_share_words_are_near() {
        assert!((cosine("the loom weaves", "The loom weaves.") - 1.0).abs() < 1e-6);
        assert!(cosine("the loom weaves", "the loom sleeps") > cosine("the loom weaves", "an engine computes"));
    }

    #[test]
    fn a_text_without_words_is_no_reason_to_fail() {
        assert_eq!(embed("…").len(), DIMENSION);
    }
}

//! Whether two definitions are one that was written down in two ways.
//!
//! Servers of different versions may print one definition differently. Nothing is parsed here: what is not certain to mean the
//! same is taken for different.

/// How much it means that two definitions differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DifferenceClass {
    /// They mean the same and are written down differently, as servers of different versions do: other white space, other
    /// quotes around names and strings.
    Formatting,
    /// They may mean different things.
    Real,
}

impl DifferenceClass {
    /// How much it means that one definition is written in these two ways.
    ///
    /// ```
    /// # use migrate_core::DifferenceClass;
    /// let one = "DEFINE FIELD `name` ON person TYPE string\n\tASSERT $value != \"\"";
    /// let other = "DEFINE FIELD name ON ⟨person⟩ TYPE string ASSERT $value != ''";
    /// assert_eq!(DifferenceClass::of(one, other), DifferenceClass::Formatting);
    /// assert_eq!(DifferenceClass::of(one, &other.replace("!= ''", "!= ' '")), DifferenceClass::Real);
    /// ```
    pub fn of(one: &str, other: &str) -> Self {
        match (tokens(one), tokens(other)) {
            (Some(one), Some(other)) if one == other => Self::Formatting,
            _ if one == other => Self::Formatting,
            _ => Self::Real,
        }
    }

    /// The word for it: `formatting` or `real`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Formatting => "formatting",
            Self::Real => "real",
        }
    }
}

/// What a text is made of, as far as it can be told without a parser.
#[derive(Debug, PartialEq, Eq)]
enum Token<'a> {
    /// A keyword, a number, or a name that may be one of them.
    Word(&'a str),
    /// What can only be a name, without the quotes that it may have.
    Name(String),
    /// A string, without its quotes.
    Text(String),
    /// A string with a letter before it, as it is written.
    Prefixed(&'a str),
    Mark(char),
    /// White space where it may matter.
    Blank,
}

/// The tokens of a text, or `None` where something stands in it that cannot be told apart without a parser: a comment, what
/// is a division or a regular expression, an escape in a string.
fn tokens(text: &str) -> Option<Vec<Token<'_>>> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        let (token, length) = match c {
            c if c.is_ascii_whitespace() => (Token::Blank, run(rest, |c| c.is_ascii_whitespace())),
            c if is_of_word(c) => word(text, at)?,
            '`' => quoted(rest, '`').map(|(name, length)| (Token::Name(name), length))?,
            '⟨' => quoted(rest, '⟩').map(|(name, length)| (Token::Name(name), length))?,
            '\'' | '"' => quoted(rest, c).map(|(text, length)| (Token::Text(text), length))?,
            '/' | '#' | '\\' => return None,
            '-' if rest.starts_with("--") => return None,
            c if c.is_whitespace() || c.is_control() => return None,
            c => (Token::Mark(c), c.len_utf8()),
        };
        at += length;
        if token == Token::Blank {
            let opens = matches!(tokens.last(), None | Some(Token::Mark('(' | '[' | '{' | ',' | ';')));
            let closes = matches!(text[at..].chars().next(), None | Some(')' | ']' | '}' | ',' | ';'));
            if opens || closes {
                continue;
            }
        }
        tokens.push(token);
    }
    Some(tokens)
}

const fn is_of_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// How many bytes at the start of a text are of this kind.
fn run(text: &str, is: impl Fn(char) -> bool) -> usize {
    text.find(|c| !is(c)).unwrap_or(text.len())
}

/// The word at this place, or the string that it stands before.
fn word(text: &str, at: usize) -> Option<(Token<'_>, usize)> {
    let rest = &text[at..];
    let length = run(rest, is_of_word);
    let (word, behind) = rest.split_at(length);
    match behind.chars().next() {
        Some(quote @ ('\'' | '"')) => {
            let length =
                length + behind[1..].find(['\\', quote]).filter(|&end| behind[1..][end..].starts_with(quote))? + 2;
            return Some((Token::Prefixed(&rest[..length]), length));
        }
        Some('`' | '⟨') => return None,
        _ => {}
    }
    let (before, behind) = (&text[..at], behind.trim_ascii_start());
    // Of a path to a function or a constant, a call, or the end of a number: whether it is a name is not certain.
    let is_certain = word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && !before.ends_with("::")
        && !before.strip_suffix('.').is_some_and(|before| before.ends_with(|c: char| c.is_ascii_digit()))
        && !behind.starts_with('(')
        && !behind.starts_with("::")
        && !is_special(word);
    let token = if is_certain { Token::Name(word.to_owned()) } else { Token::Word(word) };
    Some((token, length))
}

/// What stands between quotes, and the length with them. The escapes of quotes and backslashes are undone; others may mean
/// anything.
fn quoted(text: &str, end: char) -> Option<(String, usize)> {
    let mut content = String::new();
    let mut chars = text.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            c if c == end => return Some((content, at + c.len_utf8())),
            '\\' => match chars.next()?.1 {
                c @ ('\\' | '\'' | '"' | '`' | '⟩') => content.push(c),
                _ => return None,
            },
            c => content.push(c),
        }
    }
    None
}

/// Whether a word may be something else than a name where it has no quotes.
fn is_special(word: &str) -> bool {
    SPECIAL.split_ascii_whitespace().any(|special| special.eq_ignore_ascii_case(word))
}

/// The words that SurrealDB's lexer knows, and those that its parser looks for among names.
const SPECIAL: &str = "\
    ACCESS AFTER ALGORITHM ALL ALLINSIDE ALTER ALWAYS ANALYZER AND ANDKW ANY ANYINSIDE API AR ARA ARABIC ARRAY AS \
    ASC ASCENDING ASCII ASSERT ASYNC AT AUDIENCE AUTH AUTHENTICATE AUTO BACKEND BATCH BEARER BEFORE BEGIN BLANK BM25 \
    BOOL BREAK BUCKET BY BYTES CAMEL CANCEL CAPACITY CASCADE CHANGEFEED CHANGES CHEBYSHEV CHINESE CLASS COLLATE \
    COLLECT COLLECTION COLUMNS COMMENT COMMIT COMPACT COMPUTED CONCURRENTLY CONFIG CONTAINS CONTAINSALL CONTAINSANY \
    CONTAINSNONE CONTAINSNOT CONTENT CONTEXT CONTINUE COSINE COSINE_NORMALIZED COUNT CREATE DA DAN DANISH DATABASE \
    DATETIME DB DE DECIMAL DEFAULT DEFINE DELETE DESC DESCENDING DEU DIFF DIMENSION DIST DISTANCE DISTINCT DROP \
    DUPLICATE DURATION DUTCH EDDSA EDGENGRAM EDGES EFC EITHER EL ELL ELSE EN ENCODING END ENFORCED ENG ENGLISH ES \
    ES256 ES384 ES512 EUCLIDEAN EVENT EXCLUDE EXISTS EXPIRED EXPLAIN EXPUNGE EXTEND_CANDIDATES F16 F32 F64 FALSE \
    FEATURE FETCH FI FIELD FIELDS FILE FILTERS FIN FINNISH FLEX FLEXI FLEXIBLE FLOAT FN FOR FR FRA FRENCH FROM FULL \
    FULLTEXT FUNCTION FUNCTIONS FUTURE GEOMETRY GERMAN GET GRANT GRAPHQL GRAPHQL_ALIAS GRAPHQL_DEPRECATED GREEK \
    GROUP HAMMING HASHED_VECTOR HEADERS HIGHLIGHTS HNSW HS256 HS384 HS512 HU HUN HUNGARIAN I16 I32 I64 I8 IF IGNORE \
    IN INCLUDE INCLUSIVE INDEX INFINITY INFO INLINE INNER_PRODUCT INPUT INSERT INSIDE INT INTERSECTS INTO IS ISSUER \
    IT ITA ITALIAN JACCARD JAPANESE JWKS JWT KEEP_PRUNED_CONNECTIONS KEY KILL KOREAN KV LET LIGHTWEIGHT LIMIT LINE \
    LITERAL LIVE LM LOWERCASE M M0 MANHATTAN MAPPER MATH MAXDEPTH MERGE MIDDLEWARE MINKOWSKI ML MOD MODEL MODULE \
    MULTILINE MULTIPOINT MULTIPOLYGON NAMESPACE NAN NGRAM NL NLD NO NODE NOINDEX NONE NONEINSIDE NOR NORMAL \
    NORWEGIAN NOT NOTINSIDE NOW NS NULL NUMBER NUMERIC OBJECT OMIT ON ONLY OPTION OR ORDER ORIGINAL OUT OUTSIDE \
    OVERWRITE PARALLEL PARAM PARENT PASSHASH PASSSCRAM PASSWORD PATCH PATH PEARSON PERMISSIONS POINT POLYGON POR \
    PORTUGUESE POST POSTINGS_CACHE POSTINGS_ORDER PREPARE PS256 PS384 PS512 PT PUNCT PURGE PUT RAND RANGE READONLY \
    REBUILD RECORD RECURSE REFERENCE REFERENCES REFRESH REGEX REJECT RELATE RELATION REMOVE REPLACE RETRY RETURN \
    REVOKE REVOKED RO ROLES ROMANIAN RON ROOT RS256 RS384 RS512 RU RUS RUSSIAN SC SCHEMA SCHEMAFUL SCHEMAFULL \
    SCHEMALESS SEARCH SEGMENT SELECT SELF SEQUENCE SESSION SET SHORTEST SHOW SIGNIN SIGNUP SILO SINCE SLEEP SNOWBALL \
    SPA SPANISH SPLIT START STRICT STRING STRUCTURE SV SWE SWEDISH SYSTEM TA TABLE TABLES TAM TAMIL TB TEMPFILES \
    TERMS_CACHE TERMS_ORDER THEN THIS THROW TIME TIMEOUT TO TOKEN TOKENIZERS TR TRACE TRANSACTION TRUE TUR TURKISH \
    TYPE U8 ULID UNIQUE UNSET UNSIGNED UPDATE UPPERCASE UPSERT URL USE USER UUID VALUE VALUES VECTOR VERSION VS WHEN \
    WHERE WHILE WITH";

#[cfg(test)]
mod tests {
    use super::*;
    use DifferenceClass::{Formatting, Real};

    #[test]
    fn what_means_the_same_is_a_matter_of_formatting() {
        let pairs = [
            ("DEFINE TABLE a", "DEFINE  TABLE\n\ta "),
            ("DEFINE TABLE `a`", "DEFINE TABLE ⟨a⟩"),
            ("DEFINE TABLE `a b`", "DEFINE TABLE ⟨a b⟩"),
            ("DEFINE TABLE `a\\`b`", "DEFINE TABLE ⟨a`b⟩"),
            ("DEFINE TABLE _a1", "DEFINE TABLE `_a1`"),
            ("COMMENT \"it's\"", "COMMENT 'it\\'s'"),
            ("THEN { a; b }", "THEN {a;b}"),
            ("FIELDS a, b", "FIELDS a ,b"),
        ];
        for (one, other) in pairs {
            assert_eq!(DifferenceClass::of(one, other), Formatting, "{one} {other}");
        }
    }

    #[test]
    fn what_is_not_certain_is_real() {
        let pairs = [
            ("a b", "ab"),
            ("a: 1", "a:1"),
            ("a - 1", "a -1"),
            ("'a b'", "'a  b'"),
            ("`a b`", "`a  b`"),
            ("'a'", "`a`"),
            ("NONE", "`NONE`"),
            ("none", "`none`"),
            ("value", "VALUE"),
            ("type::int", "`type`::int"),
            ("a(1)", "`a`(1)"),
            ("r'a'", "'a'"),
            ("d'a'", "u'a'"),
            ("1d", "`1d`"),
            ("1.e5", "1.`e5`"),
            ("a / b", "a  / b"),
            ("-- a\nb", "-- a b"),
            ("'\\n'", "\"\\n\""),
            ("{ a [1] }", "{ a[1] }"),
            ("user", "USER"),
        ];
        for (one, other) in pairs {
            assert_eq!(DifferenceClass::of(one, other), Real, "{one} {other}");
        }
    }
}

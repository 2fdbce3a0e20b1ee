use proc_macro2::{Span, TokenStream};
use syn::parse::{Parse, ParseStream};
use syn::{LitStr, Token};

/// What the macro is given: a folder.
#[derive(Debug)]
pub(crate) struct Input {
    /// Relative to the folder of the crate's `Cargo.toml`.
    pub(crate) folder: String,
    /// Where mistakes about it are shown.
    pub(crate) span: Span,
}

impl Parse for Input {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if input.is_empty() {
            return Ok(Self { folder: "migrations".to_owned(), span: Span::call_site() });
        }
        if !input.peek(LitStr) {
            let message = "the path of the migrations folder must be a string literal, like \
                           `embed_migrations!(\"migrations\")`: other macros and constants are not expanded here";
            return Err(refuse_rest(input, message));
        }
        let folder: LitStr = input.parse()?;
        let comma: Option<Token![,]> = input.parse()?;
        if !input.is_empty() {
            let message = match comma {
                Some(_) => "`embed_migrations!` takes one folder: embed a second one as a second constant",
                None => "nothing may stand behind the path of the migrations folder",
            };
            return Err(refuse_rest(input, message));
        }
        if folder.value().is_empty() {
            return Err(syn::Error::new(folder.span(), "the path of the migrations folder is empty"));
        }
        Ok(Self { folder: folder.value(), span: folder.span() })
    }
}

/// One error over everything that is left, which is thereby read: what is left unread would be a second error.
fn refuse_rest(input: ParseStream<'_>, message: &str) -> syn::Error {
    match input.parse::<TokenStream>() {
        Ok(rest) => syn::Error::new_spanned(rest, message),
        Err(error) => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(input: &str) -> Result<String, String> {
        let input: Result<Input, _> = syn::parse_str(input);
        input.map(|input| input.folder).map_err(|error| error.to_string())
    }

    #[test]
    fn a_folder_may_be_named_or_left_out() {
        assert_eq!(folder("").as_deref(), Ok("migrations"));
        assert_eq!(folder("\"db/schema\"").as_deref(), Ok("db/schema"));
        assert_eq!(folder("r\"db\\schema\",").as_deref(), Ok("db\\schema"));
    }

    #[test]
    fn anything_else_is_one_plain_error() {
        for input in ["3", "migrations", "concat!(\"a\", \"b\")", "env!(\"DIR\")", "b\"x\"", ","] {
            assert!(folder(input).unwrap_err().contains("must be a string literal"), "{input}");
        }
        assert!(folder("\"a\", \"b\"").unwrap_err().contains("takes one folder"));
        assert!(folder("\"a\" \"b\"").unwrap_err().contains("nothing may stand behind"));
        assert!(folder("\"\"").unwrap_err().contains("is empty"));
    }
}

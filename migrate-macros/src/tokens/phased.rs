use migrate_build::LoadedStep;
use migrate_core::{Expectation, Phase, PhaseWork};
use proc_macro2::TokenStream;
use quote::{ToTokens, quote};

use super::{Quoted, runtime, variant};

impl ToTokens for Quoted<'_, LoadedStep> {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let runtime = runtime();
        let LoadedStep { id, phase, work, text, statements, .. } = self.0;
        let (phase, work, statements) = (Quoted(phase), Quoted(work), statements.iter().map(Quoted));
        tokens.extend(quote!(#runtime::PhaseStep::__new(#id, #phase, #work, #text, const { &[#(#statements),*] })));
    }
}

impl ToTokens for Quoted<'_, Phase> {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let (runtime, variant) = (runtime(), variant(self.0));
        tokens.extend(quote!(#runtime::Phase::#variant));
    }
}

impl ToTokens for Quoted<'_, PhaseWork> {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let runtime = runtime();
        tokens.extend(match self.0 {
            PhaseWork::Sql => quote!(#runtime::PhaseWork::Sql),
            PhaseWork::Backfill => quote!(#runtime::PhaseWork::Backfill),
            PhaseWork::Assert(expectation) => {
                let expectation = Quoted(expectation);
                quote!(#runtime::PhaseWork::Assert(#expectation))
            }
        });
    }
}

impl ToTokens for Quoted<'_, Expectation> {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let runtime = runtime();
        tokens.extend(match self.0 {
            Expectation::Empty => quote!(#runtime::Expectation::Empty),
            Expectation::Bool(value) => quote!(#runtime::Expectation::Bool(#value)),
            Expectation::Number(number) => quote!(#runtime::Expectation::Number(#number)),
            Expectation::AtMost(number) => quote!(#runtime::Expectation::AtMost(#number)),
            Expectation::AtLeast(number) => quote!(#runtime::Expectation::AtLeast(#number)),
        });
    }
}

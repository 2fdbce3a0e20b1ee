use migrate_core::{Effect, Loss, Pace, Statement, StatementKind};
use proc_macro2::TokenStream;
use quote::{ToTokens, quote};

use super::{Quoted, option, runtime, variant};

impl ToTokens for Quoted<'_, Statement> {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let runtime = runtime();
        let std::ops::Range { start, end } = self.0.range();
        let line = self.0.line();
        let kind = self.0.kind();
        let (kind, effect) = (Quoted(&kind), self.0.effect());
        let effect = Quoted(&effect);
        let object = option(self.0.object().map(Quoted));
        tokens.extend(quote!(#runtime::Statement::__new((#start, #end), #line, #kind, #effect, #object)));
        tokens.extend(match self.0.pace() {
            Pace::Once => TokenStream::new(),
            pace @ (Pace::Build | Pace::Rebuild) => {
                let pace = variant(&pace);
                quote!(.__with_pace(#runtime::Pace::#pace))
            }
            Pace::Batch { start, end } => quote!(.__with_pace(#runtime::Pace::Batch { start: #start, end: #end })),
        });
    }
}

impl ToTokens for Quoted<'_, StatementKind> {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let runtime = runtime();
        let variant = variant(self.0);
        tokens.extend(quote!(#runtime::StatementKind::#variant));
    }
}

impl ToTokens for Quoted<'_, Effect> {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let runtime = runtime();
        tokens.extend(match self.0 {
            Effect::Neutral => quote!(#runtime::Effect::Neutral),
            Effect::Additive => quote!(#runtime::Effect::Additive),
            Effect::Data => quote!(#runtime::Effect::Data),
            Effect::Restrictive => quote!(#runtime::Effect::Restrictive),
            Effect::Destructive(Loss::Data) => quote!(#runtime::Effect::Destructive(#runtime::Loss::Data)),
            Effect::Destructive(Loss::Unsafe) => quote!(#runtime::Effect::Destructive(#runtime::Loss::Unsafe)),
        });
    }
}

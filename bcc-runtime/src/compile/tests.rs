//! Compilations of real texts, where a kernel's types are at hand.

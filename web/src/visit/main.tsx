// Placeholder entry until this page is built.
export {};

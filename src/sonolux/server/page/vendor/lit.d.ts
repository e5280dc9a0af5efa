// Types of the vendored library, for the checker alone: those of the same version from npm.
export * from "lit";

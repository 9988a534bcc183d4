// Package house has no code. Its tests hold the shape of the project, which no
// compiler would: which package may import which, what production code never
// does, how long a function may get without giving a reason, and that the
// documents name things that exist.
//
// Each failure says what to do. Where a rule must be broken, the exception is a
// row with a reason in one of the tables here, or, for size, a comment beside
// the code:
//
//	// Long: one arm for each kind; splitting it would hide the symmetry.
//
// in the comment of a function above 60 lines, or in a comment of its own
// between the package clause and the first declaration of a file above 400.
package house

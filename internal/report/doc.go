// Package report writes results of scenarios for people and for machines. It makes no verdicts, runs nothing, and knows no golden file
// but by its name.
package report

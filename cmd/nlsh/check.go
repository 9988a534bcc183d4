package main

import "github.com/spf13/cobra"

func checkCommand(exit *int) *cobra.Command { return &cobra.Command{Use: "check"} }

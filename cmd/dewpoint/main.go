// Command dewpoint makes a Linux host a private cloud that is driven by its API.
package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"dewpoint/internal/config"
)

// version is set by the build.
var version = "dev"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := root().ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "dewpoint:", err)
		stop()
		os.Exit(1)
	}
}

func root() *cobra.Command {
	c := &cobra.Command{
		Use: "dewpoint", Short: "A private cloud on this host, controlled through its API",
		SilenceUsage: true, SilenceErrors: true, Version: version,
	}
	c.AddCommand(serveCommand(), databaseCommand())
	return c
}

func serveCommand() *cobra.Command {
	var file string
	var adopt bool
	c := &cobra.Command{
		Use: "serve", Short: "Serve the API in the foreground", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			flags := map[string]string{}
			cmd.Flags().Visit(func(f *pflag.Flag) {
				if f.Name != "config" && f.Name != "adopt" {
					flags[f.Name] = f.Value.String()
				}
			})
			cfg, err := config.Load(file, os.LookupEnv, flags)
			if err != nil {
				return err
			}
			given := bidding{adopt: adopt, adminPassword: adminPassword()}
			if err := config.Forget(); err != nil {
				return err
			}
			return serve(cmd.Context(), cfg, given, logger(cfg))
		},
	}
	c.Flags().StringVar(&file, "config", "", "configuration file (default "+config.DefaultFile+", if it exists)")
	c.Flags().BoolVar(&adopt, "adopt", false, "for one start: use a database that doesn't belong to the data directory; the directory's data is kept")
	for _, o := range config.Options() {
		if o.Bool {
			c.Flags().Bool(o.Name, o.Default == "true", o.Doc)
		} else {
			c.Flags().String(o.Name, o.Default, o.Doc)
		}
	}
	return c
}

// logger writes to standard error; standard output is for the one line that says where the server answers.
func logger(cfg config.Config) *slog.Logger {
	opt := &slog.HandlerOptions{Level: cfg.LogLevel}
	if cfg.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(os.Stderr, opt))
	}
	return slog.New(slog.NewTextHandler(os.Stderr, opt))
}

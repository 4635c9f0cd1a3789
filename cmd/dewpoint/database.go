package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"dewpoint/internal/backup"
	"dewpoint/internal/config"
)

// databaseCommand is what is done to the database beside a server.
func databaseCommand() *cobra.Command {
	c := &cobra.Command{Use: "database", Short: "Back up and restore the database"}
	c.AddCommand(backupCommand(), restoreCommand())
	return c
}

func backupCommand() *cobra.Command {
	var o placeFlags
	c := &cobra.Command{
		Use: "backup FILE", Short: "Write all rows and the keys that they need to a new file; the server can keep running", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			place, passphrase, err := o.read(cmd)
			if err != nil {
				return err
			}
			m, err := place.Backup(cmd.Context(), args[0], passphrase)
			if err != nil {
				return err
			}
			fmt.Printf("dewpoint: %s has the database of %s with %d changes\n", args[0], m.Created.Format("2006-01-02 15:04:05 UTC"), m.Generation)
			if passphrase == "" {
				fmt.Fprintln(os.Stderr, "dewpoint: it is not sealed: who can read it has all secrets of the installation")
			}
			return nil
		},
	}
	o.define(c)
	return c
}

func restoreCommand() *cobra.Command {
	var o placeFlags
	c := &cobra.Command{
		Use: "restore FILE", Short: "Replace the database with the rows of a backup; the old database is kept; stop the server first", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			place, passphrase, err := o.read(cmd)
			if err != nil {
				return err
			}
			done, err := place.Restore(cmd.Context(), args[0], passphrase)
			if err != nil {
				return err
			}
			fmt.Printf("dewpoint: the database is that of %s again\n", done.Created.Format("2006-01-02 15:04:05 UTC"))
			fmt.Println("dewpoint: everybody has to log in anew; API keys that were revoked since then are good again: look through user_api_keys")
			for _, aside := range done.Aside {
				fmt.Printf("dewpoint: what was there before is kept in %s\n", aside)
			}
			return nil
		},
	}
	o.define(c)
	return c
}

// placeFlags say which database is meant.
type placeFlags struct{ config, data, database, passphraseFile string }

func (o *placeFlags) define(c *cobra.Command) {
	c.Flags().StringVar(&o.config, "config", "", "configuration file (default "+config.DefaultFile+", if it exists)")
	for _, option := range config.Options() {
		if into := map[string]*string{"data": &o.data, "database": &o.database}[option.Name]; into != nil {
			c.Flags().StringVar(into, option.Name, option.Default, option.Doc)
		}
	}
	c.Flags().StringVar(&o.passphraseFile, "passphrase-file", "", "file with the passphrase that seals the backup, in its first line (default: backup_passphrase of the configuration, or the variable DEWPOINT_BACKUP_PASSPHRASE; without one the backup isn't sealed)")
}

// read finds the place as serve does.
func (o *placeFlags) read(cmd *cobra.Command) (p backup.Place, passphrase string, err error) {
	flags := map[string]string{}
	for _, name := range []string{"data", "database"} {
		if f := cmd.Flags().Lookup(name); f.Changed {
			flags[name] = f.Value.String()
		}
	}
	cfg, err := config.Load(o.config, os.LookupEnv, flags)
	if err != nil {
		return p, "", err
	}
	passphrase = cfg.BackupPassphrase.Reveal()
	if o.passphraseFile != "" {
		text, err := os.ReadFile(o.passphraseFile)
		if err != nil {
			return p, "", fmt.Errorf("reading the passphrase: %w", err)
		}
		if passphrase, _, _ = strings.Cut(strings.TrimRight(string(text), "\r\n"), "\n"); passphrase == "" {
			return p, "", errors.New("the file for the passphrase is empty")
		}
	}
	return backup.Place{Dir: cfg.Data, Database: cfg.Database.Reveal(), Version: version}, passphrase, nil
}

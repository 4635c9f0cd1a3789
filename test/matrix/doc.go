// Package matrix holds every operation of both APIs against one table of rules: which right it takes.
package matrix

using System.CommandLine;
using System.Globalization;
using System.Text;
using Hooks.Cli.Terminal;

namespace Hooks.Cli.Shells;

/// <summary><c>hooks man</c>: the manual page, made from what the help says.</summary>
internal static class ManCommand
{
    /// <summary>The command.</summary>
    /// <param name="screen">Where to.</param>
    /// <param name="root">The whole command line, with all its commands.</param>
    public static Command Create(Screen screen, Command root)
    {
        var command = new DocumentedCommand("man", "Print the manual page.") { Examples = ["hooks man > hooks.1; man ./hooks.1"] };
        command.SetAction(_ => screen.Verbatim(Page(root)));
        return command;
    }

    private static string Page(Command root)
    {
        var text = new StringBuilder();
        text.Append($".TH HOOKS 1 \"\" \"{HooksCommand.Version}\" \"User Commands\"\n.SH NAME\nhooks \\- find the swap-path bug before the merge window\n");
        text.Append(".SH SYNOPSIS\n.B hooks\n.I COMMAND\n[\\fIoptions\\fR]\n.SH DESCRIPTION\n").Append(Escaped(root.Description!)).Append('\n');
        foreach (var command in root.Subcommands.Where(c => !c.Hidden)) Section(text, command, root.Name);
        return text.ToString().TrimEnd('\n');
    }

    private static void Section(StringBuilder text, Command command, string parent)
    {
        var name = $"{parent} {command.Name}";
        text.Append($".SH {Escaped(name).ToUpperInvariant()}\n").Append(Escaped(command.Description!)).Append('\n');
        foreach (var argument in command.Arguments.Where(a => !a.Hidden)) Entry(text, $"\\fI{Escaped(argument.Name)}\\fR", argument.Description);
        foreach (var option in command.Options.Where(o => !o.Hidden))
        {
            Entry(text, $"\\fB{Escaped(option.Name)}\\fR{(option.HelpName is null ? "" : $" \\fI{Escaped(option.HelpName)}\\fR")}", option.Description);
        }

        if (command is DocumentedCommand { Examples: var examples, ExitCodes: var codes })
        {
            Lines(text, "Examples", examples);
            Lines(text, "Exit code", codes);
        }

        foreach (var sub in command.Subcommands.Where(c => !c.Hidden)) Section(text, sub, name);
    }

    private static void Entry(StringBuilder text, string what, string? description) => text.Append($".TP\n{what}\n{Escaped(description ?? "")}\n");

    private static void Lines(StringBuilder text, string title, IReadOnlyList<string> lines)
    {
        if (lines.Count == 0) return;
        text.Append($".SS {title}\n.nf\n");
        foreach (var line in lines) text.Append(Escaped(line)).Append('\n');
        text.Append(".fi\n");
    }

    /// <summary>What roff would take for its own: backslashes, hyphens that are to be copied, letters beyond ASCII, and a point or apostrophe at the beginning of a line.</summary>
    private static string Escaped(string line)
    {
        var escaped = line.Replace("\\", "\\e", StringComparison.Ordinal).Replace("-", "\\-", StringComparison.Ordinal);
        if (escaped is ['.' or '\'', ..]) escaped = "\\&" + escaped;
        return string.Concat(escaped.Select(c => char.IsAscii(c) ? c.ToString() : string.Create(CultureInfo.InvariantCulture, $"\\[u{(int)c:X4}]")));
    }
}

using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using Hooks.Cli.Terminal;

namespace Hooks.Cli;

/// <summary>The usual help text, and examples after it.</summary>
/// <param name="screen">Where it is read.</param>
/// <param name="rootExamples">The examples of the command without a subcommand.</param>
internal sealed class ExamplesHelpAction(Screen screen, IReadOnlyList<string> rootExamples) : SynchronousCommandLineAction
{
    private const int ReadableWidth = 100;

    /// <inheritdoc/>
    public override bool ClearsParseErrors => true;

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        using var text = new StringWriter { NewLine = "\n" };
        var output = parseResult.InvocationConfiguration.Output;
        parseResult.InvocationConfiguration.Output = text;
        new HelpAction { MaxWidth = Math.Min(screen.Width, ReadableWidth) }.Invoke(parseResult);
        parseResult.InvocationConfiguration.Output = output;

        var command = parseResult.CommandResult.Command;
        var documented = command as DocumentedCommand;
        foreach (var line in text.ToString().TrimEnd().Split('\n')) screen.Line(line.TrimEnd());
        Section("Examples:", documented?.Examples ?? rootExamples);
        if (documented is not null) Section("Exit code:", documented.ExitCodes);
        return ExitCode.AsExpected;
    }

    private void Section(string title, IReadOnlyList<string> lines)
    {
        if (lines.Count == 0) return;
        screen.Line();
        screen.Line(title);
        foreach (var line in lines) screen.Line(line.Length == 0 ? "" : "  " + line);
    }
}

using System.CommandLine;
using Hooks.Cli.Checking;

namespace Hooks.Cli.Sharing;

/// <summary>What is to become of an outcome: the options that <c>check</c> and <c>merge</c> share.</summary>
internal sealed class EndOptions
{
    private const string DefaultOut = ".hooks/cases";

    private readonly Option<string> _out = new("--out") { Description = "Folder for the minimal cases, KERNEL-ARCH-INVARIANT.case. Those of earlier runs are replayed first; what no longer fails is moved to DIR/fixed.", HelpName = "DIR", DefaultValueFactory = _ => DefaultOut };
    private readonly Option<bool> _noSave = new("--no-save") { Description = "Save no cases, and leave those that are there alone." };
    private readonly Option<bool> _details = new("--details") { Description = "What was covered, and every violation in full, the expected ones too." };
    private readonly Option<string?> _html = new("--html") { Description = "Write pages that show it: DIR/index.html, and one for each case. They open offline.", HelpName = "DIR" };
    private readonly Option<CheckFormat> _format = CommonOptions.OneOf<CheckFormat>("--format", "For a terminal; for CI: JUnit, TAP or SARIF; or, with --source, as a reply to the patch, plain text of 72 columns.");

    /// <summary>What was asked for.</summary>
    internal sealed record Values(string Out, bool OutIsGiven, bool Save, bool Details, string? Html, CheckFormat Format, bool Json);

    /// <summary>Adds them to a command.</summary>
    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { _out, _noSave, _details, _format, _html }) command.Options.Add(option);
    }

    /// <summary>Reads them.</summary>
    /// <exception cref="InputException">They contradict each other.</exception>
    public Values Read(ParseResult parsed, bool json)
    {
        var format = parsed.GetValue(_format);
        if (json && format != CheckFormat.Text) throw new InputException($"--json and --format {format.ToString().ToLowerInvariant()} cannot be given together: there is one standard output");
        return new Values(parsed.GetValue(_out)!, parsed.GetResult(_out) is { Implicit: false }, !parsed.GetValue(_noSave), parsed.GetValue(_details), parsed.GetValue(_html), format, json);
    }
}

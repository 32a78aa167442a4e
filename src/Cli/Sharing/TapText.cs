using System.Globalization;
using System.Text;

namespace Hooks.Cli.Sharing;

/// <summary>Tests in the Test Anything Protocol, version 13. What is known to break is a TODO, which harnesses do not count as a failure. Reports are comments, as in kernel selftests: harnesses differ in what YAML they take.</summary>
internal static class TapText
{
    /// <summary>The text, without a newline at the end.</summary>
    public static string Of(IReadOnlyList<Test> tests, bool interrupted)
    {
        var text = new StringBuilder("TAP version 13\n");
        text.Append(CultureInfo.InvariantCulture, $"1..{tests.Count}\n");
        for (var i = 0; i < tests.Count; i++)
        {
            var test = tests[i];
            text.Append(CultureInfo.InvariantCulture, $"{(test.Outcome == TestOutcome.Passed ? "ok" : "not ok")} {i + 1} - {test.Suite}: {test.Name}");
            text.Append(test.Outcome == TestOutcome.Known ? $" # TODO {test.Message}\n" : "\n");
            if (test.Outcome == TestOutcome.Passed) continue;
            foreach (var line in (test.Broken?.Text() ?? test.Message).Split('\n')) text.Append(line.Length == 0 ? "#\n" : $"# {line}\n");
        }

        if (interrupted) text.Append("Bail out! interrupted\n");
        return text.ToString().TrimEnd('\n');
    }
}

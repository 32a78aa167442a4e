using System.Globalization;
using System.Text;

namespace Hooks.Core.Workloads;

/// <summary>What users have written, as messages quote it: it may be anything, of any length, and must not upset a terminal.</summary>
internal static class Quoted
{
    /// <summary>The longest word that is quoted whole.</summary>
    public const int MostLetters = 60;

    private const string Punctuation = "'\";:,.)?";

    /// <summary>A message in which words that are too long end in …, and control characters are spelt out.</summary>
    public static string In(string message)
    {
        var text = new StringBuilder();
        for (var at = 0; at < message.Length;)
        {
            var end = at;
            while (end < message.Length && !char.IsWhiteSpace(message[end])) end++;
            var punctuation = end;
            while (punctuation > at && Punctuation.Contains(message[punctuation - 1], StringComparison.Ordinal)) punctuation--;
            var kept = Math.Min(punctuation, at + MostLetters);
            Append(text, message.AsSpan(at, kept - at));
            if (kept < punctuation) text.Append('…');
            Append(text, message.AsSpan(punctuation, Math.Min(end - punctuation, MostLetters)));
            if (end < message.Length) Append(text, message.AsSpan(end, 1));
            at = end + 1;
        }

        return text.ToString();
    }

    private static void Append(StringBuilder text, ReadOnlySpan<char> letters)
    {
        foreach (var c in letters)
        {
            if (char.IsControl(c)) text.Append("\\u").Append(((int)c).ToString("x4", CultureInfo.InvariantCulture));
            else text.Append(c);
        }
    }
}

using System.Text;

namespace Hooks.Report.Mails;

/// <summary>Text for a mail of plain text: words in lines of so many columns. What a reader is to copy does not come here.</summary>
internal static class Columns
{
    /// <summary>How wide a line of a mail is.</summary>
    public const int Width = 72;

    /// <summary>A paragraph, broken between words; a word that is longer than a line stands alone. With a newline at the end.</summary>
    /// <param name="text">The words.</param>
    /// <param name="hanging">How far in the second line and all that follow begin.</param>
    public static string Fill(string text, int hanging = 0)
    {
        var filled = new StringBuilder();
        var column = 0;
        foreach (var word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (column > hanging && column + 1 + word.Length > Width)
            {
                filled.Append('\n').Append(' ', hanging);
                column = hanging;
            }
            else if (filled.Length > 0)
            {
                filled.Append(' ');
                column++;
            }

            filled.Append(word);
            column += word.Length;
        }

        return filled.Append('\n').ToString();
    }

    /// <summary>A line whose left part is laid out: what does not fit goes on below the place where the words begin. With a newline at the end.</summary>
    /// <param name="line">The line.</param>
    /// <param name="words">The column where the words begin.</param>
    public static string Hang(string line, int words)
    {
        if (line.Length <= Width || line.Length <= words) return line + "\n";
        var filled = Fill(new string('\u00a0', words) + line[words..].TrimStart(), words);
        return string.Concat(line.AsSpan(0, words), filled.AsSpan(words));
    }
}

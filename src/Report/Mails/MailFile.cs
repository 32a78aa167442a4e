using System.Security.Cryptography;
using System.Text;
using MimeKit;

namespace Hooks.Report.Mails;

/// <summary>A mail as a file that a mail program opens: no sender, date or message id, which are the sender's to give.</summary>
public static class MailFile
{
    private const int BoundaryBytes = 8;

    /// <summary>The file. The same mail is the same bytes.</summary>
    /// <param name="mail">What is to be said.</param>
    /// <param name="inline">Whether the program stands behind the text, and is no attachment.</param>
    public static string Print(FindingMail mail, bool inline)
    {
        ArgumentNullException.ThrowIfNull(mail);
        var text = Part(mail.Text(inline));
        using var message = new MimeMessage();
        message.Headers.Clear();
        message.Subject = mail.Subject;
        message.Body = inline || mail.Program is null ? text : With(text, mail.Program, mail.ProgramFile);
        using var stream = new MemoryStream();
        var format = FormatOptions.Default.Clone();
        format.NewLineFormat = NewLineFormat.Unix;
        format.International = true;
        message.WriteTo(format, stream);
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private static Multipart With(TextPart text, string program, string name)
    {
        var attached = Part(program);
        attached.ContentType.MediaSubtype = "x-csrc";
        attached.ContentDisposition = new ContentDisposition(ContentDisposition.Attachment) { FileName = name };

        // Drawn by chance otherwise.
        var boundary = "hooks-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.Text + program)).AsSpan(0, BoundaryBytes));
        return new Multipart("mixed") { Boundary = boundary, Preamble = null, Epilogue = null, }.Holding(text, attached);
    }

    private static Multipart Holding(this Multipart multipart, params ReadOnlySpan<MimeEntity> parts)
    {
        foreach (var part in parts) multipart.Add(part);
        return multipart;
    }

    /// <summary>Text as it is: lists want no base64 and no quoted-printable.</summary>
    private static TextPart Part(string text) => new("plain") { Text = text, ContentTransferEncoding = ContentEncoding.EightBit };
}

using System.Globalization;
using System.Text;
using System.Xml;

namespace Hooks.Cli.Sharing;

/// <summary>Tests as JUnit's XML: a suite for each kernel and architecture; what is known to break counts as skipped, and says why. There are no times in it: the same bytes for the same arguments.</summary>
internal static class JunitText
{
    /// <summary>The text, without a newline at the end.</summary>
    public static string Of(IReadOnlyList<Test> tests)
    {
        using var text = new Utf8Writer();
        using (var xml = XmlWriter.Create(text, new XmlWriterSettings { Indent = true, NewLineChars = "\n" }))
        {
            xml.WriteStartElement("testsuites");
            xml.WriteAttributeString("name", "hooks check");
            Counts(xml, tests);
            foreach (var suite in tests.GroupBy(t => t.Suite)) Suite(xml, suite.Key, [.. suite]);
            xml.WriteEndElement();
        }

        return text.ToString();
    }

    private static void Suite(XmlWriter xml, string name, IReadOnlyList<Test> tests)
    {
        xml.WriteStartElement("testsuite");
        xml.WriteAttributeString("name", name);
        Counts(xml, tests);
        foreach (var test in tests)
        {
            xml.WriteStartElement("testcase");
            xml.WriteAttributeString("classname", test.Suite);
            xml.WriteAttributeString("name", test.Name);
            if (test.Outcome != TestOutcome.Passed)
            {
                xml.WriteStartElement(test.Outcome == TestOutcome.Known ? "skipped" : "failure");
                xml.WriteAttributeString("message", Allowed(test.Message));
                if (test.Outcome == TestOutcome.Failed) xml.WriteString(Allowed(test.Broken?.Text() ?? test.Message));
                xml.WriteEndElement();
                if (test is { Outcome: TestOutcome.Known, Broken: { } broken }) xml.WriteElementString("system-out", Allowed(broken.Text()));
            }

            xml.WriteEndElement();
        }

        xml.WriteEndElement();
    }

    private static void Counts(XmlWriter xml, IReadOnlyList<Test> tests)
    {
        Count("tests", tests.Count);
        Count("failures", tests.Count(t => t.Outcome == TestOutcome.Failed));
        Count("errors", 0);
        Count("skipped", tests.Count(t => t.Outcome == TestOutcome.Known));

        void Count(string name, int number) => xml.WriteAttributeString(name, number.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>Lines of a kernel's source can hold what XML cannot.</summary>
    private static string Allowed(string text) => string.Concat(text.EnumerateRunes().Select(r => r.IsBmp && !XmlConvert.IsXmlChar((char)r.Value) ? "�" : r.ToString()));

    private sealed class Utf8Writer : StringWriter
    {
        public override Encoding Encoding => Encoding.UTF8;
    }
}

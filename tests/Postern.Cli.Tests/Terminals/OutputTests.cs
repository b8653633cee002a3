using System.Text.Json.Nodes;
using Postern.Cli.Hosting;
using Postern.Cli.Ssh;
using Postern.Cli.Terminals;
using Postern.Cli.Tunnels;

namespace Postern.Cli.Tests.Terminals;

public class OutputTests
{
    [Fact]
    public void Table_HasBordersAndFitsTheWidth()
    {
        var table = Sample();
        Assert.Equal(
            "+----+--------+\n| ID | Title  |\n+----+--------+\n| a  | One    |\n| b  | Tw\"o,\t |\n+----+--------+\n".Replace("\t", "\t"),
            table.Render(TableFormat.Table, [], hasHeader: true, 80));
        var wide = new Table(["id", "text"], ["id", "text"]);
        wide.Add(("id", "1"), ("text", string.Join(' ', Enumerable.Repeat("word", 60))));
        Assert.All(wide.Render(TableFormat.Table, [], true, 60).Split('\n'), l => Assert.True(l.Length <= 60));
    }

    [Fact]
    public void MachineFormats_QuoteAsDocumented()
    {
        var table = Sample();
        Assert.Equal("ID,Title\na,One\nb,\"Tw\"\"o,\t\"\n", table.Render(TableFormat.Csv, [], true, 80));
        Assert.Equal("a\tOne\nb\tTw\"o, \n", table.Render(TableFormat.Plain, [], false, 80));
        Assert.Equal("Title\nOne\n\"Tw\"\"o,\t\"\n", table.Render(TableFormat.Tsv, ["TITLE"], true, 80));
    }

    [Fact]
    public void Columns_AreChosenByNamePlusAndWildcard()
    {
        var table = Sample();
        Assert.Equal("ID,Title,Extra\n", table.Render(TableFormat.Csv, ["+", "extra"], true, 80).Split('\n')[0] + "\n");
        Assert.Equal("Title,Extra", table.Render(TableFormat.Csv, ["t%", "e*"], true, 80).Split('\n')[0]);
        Assert.Contains("Column not found: nope (available columns: id, title, extra)", Assert.Throws<CliException>(() => table.Render(TableFormat.Csv, ["nope"], true, 80)).Message);
    }

    [Fact]
    public void TextOfServers_CannotSteerTheTerminal()
    {
        Assert.Equal("a\uFFFD[2Jb\uFFFD\n", SafeText.Clean("a\u001b[2Jb\u009b\n"));
        Assert.Equal("a\uFFFDb", SafeText.Clean("a\nb", keepLines: false));
        Assert.Equal("\uFFFDtxt", SafeText.Clean("\u202etxt"));
        Assert.Equal("Ünïcode ok", SafeText.Clean("Ünïcode ok"));
    }

    [Fact]
    public void Yaml_IsIndentedAndQuotedWhereNeeded()
    {
        var node = JsonNode.Parse("""{"a":{"b":"yes","count":5,"e":"","t":"x: y","z":null,"l":["1",{"k":true}],"o":{}},"s":"plain"}""");
        Assert.Equal("a:\n    b: 'yes'\n    count: 5\n    e: ''\n    t: 'x: y'\n    z: null\n    l:\n        - '1'\n        -\n            k: true\n    o: {  }\ns: plain\n", YamlText.Render(node));
        Assert.Equal("text\n", YamlText.Render(JsonValue.Create("text")));
        Assert.Equal("", YamlText.Render(null));
    }

    [Theory]
    [InlineData("database.0.host", "h\n")]
    [InlineData("dotted.name", "d\n")]
    public void Property_IsFoundByItsPath(string path, string expected)
    {
        var node = JsonNode.Parse("""{"database":[{"host":"h"}],"dotted.name":"d"}""");
        Assert.Equal(expected, YamlText.Render(PropertyPath.Find(node, path)));
        Assert.Throws<CliException>(() => PropertyPath.Find(node, path + ".x"));
        Assert.Throws<CliException>(() => PropertyPath.Find(node, "database.7"));
    }

    [Theory]
    [InlineData("ls", "ls")]
    [InlineData("echo 'it' > x", "echo 'it' > x")]
    [InlineData("ls|-l|a b", "ls -l 'a b'")]
    [InlineData("echo|it's|", "echo 'it'\\''s' ''")]
    public void RemoteCommand_IsQuotedOnlyWhenItHasSeveralWords(string words, string expected) =>
        Assert.Equal(expected, RemoteCommand.Join(words.Split('|')));

    [Theory]
    [InlineData("""{"scheme":"mysql","username":"user","password":"","host":"h","port":3306,"path":"main","query":{"is_master":true}}""", "mysql://user:@h:3306/main")]
    [InlineData("""{"scheme":"pgsql","username":"u","password":"a/b@c","host":"h","port":"5432","path":"db","query":{"x":1}}""", "postgresql://u:a%2Fb%40c@h:5432/db?x=1")]
    [InlineData("""{"scheme":"redis","username":null,"password":null,"host":"h","port":6379,"path":null,"query":[]}""", "redis://h:6379")]
    [InlineData("""{"scheme":"solr","host":"h","port":8080,"path":"solr/main"}""", "http://h:8080/solr/")]
    [InlineData("""{}""", "://")]
    public void ServiceAddress_IsBuiltFromItsParts(string service, string expected) =>
        Assert.Equal(expected, ServiceUrl.Build(JsonNode.Parse(service)!.AsObject()));

    [Theory]
    [InlineData("!!!")]
    [InlineData("e30=x")]
    [InlineData("WzFd")]
    [InlineData("ew==")]
    public void Relationships_ThatAreNotBase64Json_AreAFormatError(string value) =>
        Assert.Throws<FormatException>(() => RelationshipSet.Decode(value));

    [Fact]
    public void Relationships_MayBeEmptyOrOddlyShaped()
    {
        Assert.Empty(RelationshipSet.Decode("").Endpoints());
        Assert.Empty(RelationshipSet.Decode("W10=").Endpoints());
        var odd = RelationshipSet.Decode(Convert.ToBase64String("""{"a":5,"b":["x",{"host":"h;x","port":99999}]}"""u8)).Endpoints().Single();
        Assert.Equal(("b.1", null, null), (odd.DisplayName, odd.Host, odd.Port));
    }

    private static Table Sample()
    {
        var table = new Table(["id", "title", "extra"], ["id", "title"]);
        table.Add(("id", "a"), ("title", "One"), ("extra", "x"));
        table.Add(("id", "b"), ("title", "Tw\"o,\t"), ("extra", "y"));
        return table;
    }
}
